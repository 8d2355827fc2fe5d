#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
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

/// What a wall clock shows, counted as if it stood in UTC.
using LocalTime = std::chrono::local_seconds;

/// 0 is Monday.
unsigned weekday_of(Day day);
Day next_day(Day day);
Day shifted(Day day, int days);
unsigned days_in_month(Day day);
/// "2026-12-20"; nothing where there is no such day, or the calendar does not reach so far.
std::optional<Day> parse_day(std::string_view text);
std::string format_day(Day day);

constexpr int kMinutesOfDay = 24 * 60;
/// "9:30" or "09:30", minutes after midnight; "24:00" is the midnight at the day's end.
std::optional<int> parse_minute(std::string_view text);
std::string format_minute(int minute);

LocalTime local_time(Day day, int minute = 0);
Day day_of(LocalTime time);

/// The instants that muster plans for: 2000 to 2036. The time zone database of the system knows
/// no change of clocks after that, and a clock that shows an instant before it is wrong.
extern const UtcTime kCalendarBegin;
extern const UtcTime kCalendarEnd;  ///< exclusive

struct UtcSpan {
  UtcTime begin;
  UtcTime end;  ///< exclusive
  bool empty() const { return begin >= end; }
  bool holds(UtcTime at) const { return begin <= at && at < end; }
};

/// The instants at which a wall clock shows one time: none in the hour that is jumped over, two in
/// the one that comes twice.
struct Instants {
  std::optional<UtcTime> first;
  std::optional<UtcTime> second;
  UtcTime jump;  ///< where there are none or two: the instant at which the clocks are set

  /// The two ends of what may be meant: an event that begins and ends in a repeated hour lasts from
  /// `earliest` to `latest`. Where there is no such instant both are the jump.
  UtcTime earliest() const { return first.value_or(jump); }
  UtcTime latest() const { return second.value_or(earliest()); }
};

/// Clocks that are set now and then.
class WallClock {
 public:
  virtual ~WallClock() = default;
  virtual Instants instants(LocalTime time) const = 0;
  /// Whole seconds; of an instant outside of the calendar: of its nearest end.
  virtual LocalTime local(UtcTime at) const = 0;
};

/// What lies between two times of a wall clock; shorter or longer by an hour where the clocks are
/// set in between. An end that they jump over is the jump itself. Of an end that they show twice
/// that one is taken by which the clock never shows a time outside of [from, to); what lies in the
/// repeated hour as a whole is meant the first time. Empty where the clocks jump over all of it.
UtcSpan span_between(const WallClock& clock, LocalTime from, LocalTime to);

/// An IANA time zone of this machine's database (date/tz.h). The only user of that library.
class TimeZone final : public WallClock {
 public:
  /// Throws Error with the nearest name where there is no such zone, or where the database leaves
  /// its future to be computed, which the library cannot.
  explicit TimeZone(const std::string& name);
  static bool exists(const std::string& name);
  const std::string& name() const { return name_; }
  Instants instants(LocalTime time) const override;
  LocalTime local(UtcTime at) const override;
  /// "CET", "+01" and the like, for people.
  std::string abbreviation(UtcTime at) const;
  /// "Tue 2026-12-01 10:15 CET"
  std::string text(UtcTime at) const;

 private:
  std::string name_;
  const void* zone_;
};

}  // namespace muster
