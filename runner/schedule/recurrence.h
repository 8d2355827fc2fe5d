#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/schedule/calendar.h"
#include "runner/schedule/parsed.h"

namespace muster {

constexpr unsigned kEveryWeekday = 0x7F;
constexpr unsigned kEveryMonth = 0x1FFE;
constexpr std::uint32_t kEveryMonthDay = 0xFFFFFFFE;

/// Days: those on which all of its conditions hold.
struct DayRule {
  unsigned weekdays = kEveryWeekday;          ///< bit 0 is Monday
  unsigned nth = 0;                           ///< of the month's such weekdays; bit 1 is the first,
                                              ///< bit 0 the last; 0: any
  std::uint32_t month_days = kEveryMonthDay;  ///< bit 1 is the 1st, bit 0 the month's last day
  unsigned months = kEveryMonth;              ///< bit 1 is January
  bool holds(Day day) const;
  /// Whether one of its months has one of its days: the 31st of February never comes.
  bool ever_comes() const;
};

/// Times of a wall clock, in minutes after midnight.
struct ClockSpan {
  int from = 0;  ///< inclusive
  int to = 0;    ///< exclusive; at most `from`: of the next day
};

/// What `when` says: on these days either at some minutes or for a while.
struct Recurrence {
  DayRule days;
  std::vector<int> minutes;  ///< after midnight, ascending
  std::optional<ClockSpan> span;
};

/// Reads what stands behind `when`: cron text (runner/schedule/cron.h) or words
/// (runner/schedule/words.h).
Parsed<Recurrence> parse_when(std::string_view text);

/// "at 10:30 on Tue, if it is day 1-7 of the month": what was understood, for people.
std::string describe(const Recurrence& recurrence);

/// The words between blanks and tabs.
std::vector<std::string> words_in(std::string_view text);
/// 0 for "Mon", "mon" and "Monday"; nothing where it is no weekday. 1 for "Jan" and "January".
std::optional<unsigned> weekday_named(std::string_view text);
std::optional<unsigned> month_named(std::string_view text);
/// "Mon-Thu,Sat"
std::string weekdays_text(unsigned weekdays);

}  // namespace muster
