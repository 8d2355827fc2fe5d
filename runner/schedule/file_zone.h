#pragma once

#include <vector>

#include "runner/schedule/calendar.h"

namespace muster {

/// One setting of clocks: until `at` they show UTC + `before`, from it on UTC + `after`.
struct ZoneChange {
  UtcTime at;
  std::chrono::seconds before;
  std::chrono::seconds after;
};

/// A time zone as a calendar file describes it (VTIMEZONE). `changes` are at least one, in any
/// order.
class FileZone final : public WallClock {
 public:
  explicit FileZone(std::vector<ZoneChange> changes);
  Instants instants(LocalTime time) const override;
  LocalTime local(UtcTime at) const override;

 private:
  // Part 0 lies before the first change, the last one behind the last.
  UtcTime begin_of(std::size_t part) const;
  UtcTime end_of(std::size_t part) const;
  std::chrono::seconds offset_of(std::size_t part) const;

  std::vector<ZoneChange> changes_;
};

}  // namespace muster
