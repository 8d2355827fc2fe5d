#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "runner/schedule/calendar.h"
#include "runner/settings/settings.h"

namespace muster {

/// A turn of a schedule as its calendar has it, before anybody drew a moment.
struct Turn {
  UtcTime begin;         ///< its identity
  UtcTime end;           ///< exclusive; a cron instant lasts until `kGrace` later
  std::string excluded;  ///< why it will not run, as far as the calendar knows; empty: it will
};

/// A cron instant may still be started so much later: a tick of a busy server.
constexpr Duration kGrace = std::chrono::minutes(1);

/// When one drill runs: its `when`, windows, blackouts and calendars put together, pure. Made once
/// from the settings; throws UsageError (at `settings.where`) where its words cannot be
/// understood, its zone is unknown or a calendar cannot be read.
///
/// Daylight saving: a cron instant that the clocks jump over is skipped, and said so; one that they
/// show twice is the first of the two. A window is the real time between its two wall-clock ends,
/// so it may be an hour shorter or longer; an end that is jumped over is the jump itself.
class Schedule {
 public:
  Schedule(ScheduleSettings settings);
  ~Schedule();
  Schedule(Schedule&&) noexcept;

  const ScheduleSettings& settings() const;
  /// Turns that begin in [from, to), excluded ones among them, oldest first, at most `most`.
  std::vector<Turn> turns(UtcTime from, UtcTime to, std::size_t most) const;
  /// The next `most` turns that are not excluded, and the excluded ones before and between them;
  /// looks two years ahead at most.
  std::vector<Turn> next(UtcTime from, std::size_t most) const;
  /// Why no drill may start at this very instant, whatever was planned: outside the windows, a
  /// blackout, a calendar's event. Empty: the calendar allows it.
  std::vector<std::string> forbidden(UtcTime at) const;
  /// The moment in the turn: uniform over the seconds of it that are not forbidden, by `draw` in
  /// [0, 1). Nothing where all of it is.
  std::optional<UtcTime> moment(const Turn& turn, double draw) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace muster
