#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <libical/ical.h>

#include "runner/schedule/calendar.h"

namespace muster {

// libical, as far as the reader of calendars needs it; known to nobody else.

struct FreeIcal {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};
using IcalComponent = std::unique_ptr<icalcomponent, FreeIcal>;

/// Throws Error where it is no iCalendar text at all.
IcalComponent parse_ical(const std::string& text);

std::vector<icalcomponent*> parts_of(icalcomponent* component);
std::vector<icalproperty*> properties_of(icalcomponent* component, icalproperty_kind kind);
/// nullptr where there is none; throws Error where there are several.
icalproperty* property_of(icalcomponent* component, icalproperty_kind kind);
/// The library's texts may be nullptr: empty.
std::string string_of(const char* text);
/// Throws Error where the parser left out a property because it did not understand it.
void expect_understood(icalcomponent* component);

/// Of a day its midnight; throws Error where there is no such time.
LocalTime local_of(const icaltimetype& time);

/// Follows the recurrence rules of one file, as long as that does not take too long.
class RuleFollower {
 public:
  /// The times from `start` on until the calendar's end, ascending. `to_local` makes what a clock
  /// shows of an UNTIL in UTC.
  std::vector<LocalTime> follow(icalrecurrencetype rule,
                                LocalTime start,
                                bool whole_day,
                                const std::function<LocalTime(UtcTime)>& to_local);

 private:
  std::vector<LocalTime> times(const icalrecurrencetype& rule, const icaltimetype& start);

  double steps_ = 0;
  std::size_t occurrences_ = 0;
};

}  // namespace muster
