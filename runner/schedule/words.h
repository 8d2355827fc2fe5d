#pragma once

#include <string>
#include <string_view>

#include "runner/schedule/recurrence.h"
#include "runner/settings/settings.h"

namespace muster {

// Calendar words, all of them (docs/schedule.md):
//
//   when    = days time
//   days    = "daily" | "weekdays" | "weekends" | weekday list
//           | which weekdays "of" months        first,third Tue of month
//           | dates "of" months                 1st,15th of month
//           | "last day of" months
//           | weekdays "of" month names         Tue of Jan,Jul
//   which   = list of "first" "second" "third" "fourth" "last"
//   months  = "month" | list of month names
//   time    = "10:00"                           an instant
//           | "10:00-15:00"                     a window; "22:00-02:00" ends on the next day
//
// Lists are written with commas, weekdays and months also as ranges: Mon-Thu,Sat. Upper and lower
// case are the same.

Parsed<Recurrence> parse_words(std::string_view text);

/// Days, and hours of them, in the schedule's time zone. Hours may pass midnight: those of
/// "Fri 22:00-02:00" begin on Friday.
struct WeekWindow {
  unsigned days = 0;  ///< bit 0 is Monday, bit 6 Sunday
  int from = 0;       ///< minutes after midnight, inclusive
  int to = 0;         ///< exclusive; 1440 is midnight at the day's end; at most `from`: next day
  std::string text;   ///< as it was written
};

/// One of `windows`: "Mon-Thu 09:00-16:00", "daily 22:00-02:00".
Parsed<WeekWindow> parse_window(std::string_view text);

}  // namespace muster
