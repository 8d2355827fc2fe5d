#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"

namespace muster {

/// A day of the proleptic Gregorian calendar.
struct Day {
  int year = 0;
  unsigned month = 1;  ///< 1..12
  unsigned day = 1;
  friend auto operator<=>(const Day&, const Day&) = default;
};

/// 0 is Monday.
unsigned weekday_of(Day day);
Day next_day(Day day);
/// "2026-12-20"; nothing where there is no such day.
std::optional<Day> parse_day(std::string_view text);
std::string format_day(Day day);

/// What the wall clock of a zone shows.
struct WallTime {
  Day day;
  int minute = 0;  ///< after midnight as the clock counts them
  int second = 0;
};

/// The instants at which a wall clock shows one time: none in the hour that is jumped over, two in
/// the one that comes twice.
struct Instants {
  std::optional<UtcTime> first;
  std::optional<UtcTime> second;
  UtcTime jump;  ///< where there is none: the instant of the jump
};

/// An IANA time zone of this machine's database (date/tz.h). The only user of that library.
class TimeZone {
 public:
  /// Throws Error with the nearest name where there is no such zone.
  explicit TimeZone(const std::string& name);
  const std::string& name() const { return name_; }
  WallTime wall(UtcTime at) const;
  Instants instants(Day day, int minute) const;
  /// "CET", "+01:00" and the like, for people.
  std::string abbreviation(UtcTime at) const;
  /// "Tue 2026-12-01 10:15 CET"
  std::string text(UtcTime at) const;

 private:
  std::string name_;
  const void* zone_;
};

}  // namespace muster
