#include "runner/schedule/ics_library.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

using std::chrono::seconds;

IcalComponent parse_ical(const std::string& text) {
  icalerror_set_errors_are_fatal(0);  // or it would end the process
  IcalComponent component(icalparser_parse_string(text.c_str()));
  if (!component) fail("it is no calendar; export the file again");
  return component;
}

std::vector<icalproperty*> properties_of(icalcomponent* component, icalproperty_kind kind) {
  std::vector<icalproperty*> found;
  for (icalproperty* each = icalcomponent_get_first_property(component, kind); each != nullptr;
       each = icalcomponent_get_next_property(component, kind)) {
    found.push_back(each);
  }
  return found;
}

icalproperty* property_of(icalcomponent* component, icalproperty_kind kind) {
  const std::vector<icalproperty*> found = properties_of(component, kind);
  if (found.size() > 1) fail("it has {} twice", icalproperty_kind_to_string(kind));
  return found.empty() ? nullptr : found.front();
}

std::vector<icalcomponent*> parts_of(icalcomponent* component) {
  std::vector<icalcomponent*> found;
  for (icalcomponent* each = icalcomponent_get_first_component(component, ICAL_ANY_COMPONENT);
       each != nullptr;
       each = icalcomponent_get_next_component(component, ICAL_ANY_COMPONENT)) {
    found.push_back(each);
  }
  return found;
}

/// The parser leaves such a note in the place of what it does not understand.
std::string string_of(const char* text) {
  return text == nullptr ? "" : text;
}

void expect_understood(icalcomponent* component) {
  for (icalproperty* each : properties_of(component, ICAL_XLICERROR_PROPERTY))
    fail("not understood: {}", printable(string_of(icalproperty_get_xlicerror(each)), 200));
}

LocalTime local_of(const icaltimetype& time) {
  const bool possible = time.year >= 1 && time.year <= 9999 && time.month >= 1 &&
                        time.month <= 12 && time.hour >= 0 && time.hour <= 23 && time.minute >= 0 &&
                        time.minute <= 59 && time.second >= 0 && time.second <= 60;
  const Day day{time.year, static_cast<unsigned>(time.month), static_cast<unsigned>(time.day)};
  if (!possible || time.day < 1 || day.day > days_in_month(day))
    fail("{:04}-{:02}-{:02} {:02}:{:02}:{:02} is no time",
         time.year,
         time.month,
         time.day,
         time.hour,
         time.minute,
         time.second);
  const LocalTime begin = local_time(day);
  return time.is_date != 0 ? begin
                           : begin + std::chrono::hours(time.hour) +
                                 std::chrono::minutes(time.minute) + seconds(time.second);
}

namespace {

constexpr std::size_t kMostOccurrences = 100'000;
constexpr double kMostSteps = 1'000'000;  // days that the library may look at: a few seconds

icaltimetype ical_of(LocalTime time, bool whole_day) {
  const Day day = day_of(time);
  const auto second = static_cast<int>((time - local_time(day)).count());
  icaltimetype out = icaltime_null_time();
  out.year = day.year;
  out.month = static_cast<int>(day.month);
  out.day = static_cast<int>(day.day);
  out.is_date = whole_day ? 1 : 0;
  if (whole_day) return out;
  out.hour = second / 3600;
  out.minute = second / 60 % 60;
  out.second = second % 60;
  return out;
}

LocalTime calendar_end() {
  return LocalTime(std::chrono::floor<seconds>(kCalendarEnd.time_since_epoch())) +
         std::chrono::days(1);
}

template <std::size_t N>
double count_in(const short (&list)[N]) {
  const auto* end = std::find(std::begin(list), std::end(list), ICAL_RECURRENCE_ARRAY_MAX);
  return std::max(1.0, static_cast<double>(end - std::begin(list)));
}

double steps(const icalrecurrencetype& rule, seconds length) {
  const double days = std::max(1.0, static_cast<double>(length.count()) / 86400);
  const double at_a_day =
      count_in(rule.by_hour) * count_in(rule.by_minute) * count_in(rule.by_second);
  const double interval = std::max<short>(1, rule.interval);
  switch (rule.freq) {
    case ICAL_DAILY_RECURRENCE:
      return days * at_a_day / interval;
    case ICAL_WEEKLY_RECURRENCE:
      return days / 7 * count_in(rule.by_day) * at_a_day / interval;
    default:
      return days / 5 * at_a_day / interval;
  }
}

}  // namespace

std::vector<LocalTime> RuleFollower::follow(icalrecurrencetype rule,
                                            LocalTime start,
                                            bool whole_day,
                                            const std::function<LocalTime(UtcTime)>& to_local) {
  if (rule.freq < ICAL_DAILY_RECURRENCE)
    fail(
        "it recurs by hours, minutes or seconds; only rules by days, weeks, months and years are "
        "read");
  if (rule.rscale != nullptr) fail("its rule has RSCALE, which is not read");
  LocalTime end = calendar_end();
  if (icaltime_is_null_time(rule.until) == 0) {
    LocalTime until = local_of(rule.until);
    if (icaltime_is_utc(rule.until) != 0)
      until = to_local(UtcTime(until.time_since_epoch()));
    else if (rule.until.is_date != 0)
      until += std::chrono::days(1) - seconds(1);
    end = std::min(end, until);
  }
  rule.until = ical_of(end, whole_day);
  steps_ += steps(rule, end - start);
  if (steps_ > kMostSteps) fail("its rule takes too long to follow; begin it later");
  return times(rule, ical_of(start, whole_day));
}

std::vector<LocalTime> RuleFollower::times(const icalrecurrencetype& rule,
                                           const icaltimetype& start) {
  const std::unique_ptr<icalrecur_iterator, FreeIcal> iterator(icalrecur_iterator_new(rule, start));
  if (!iterator) fail("its rule gives no time at all");
  std::vector<LocalTime> found;
  for (;;) {
    const icaltimetype next = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(next) != 0) return found;
    if (++occurrences_ > kMostOccurrences)
      fail(
          "with it there are more than {} occurrences; leave only those events in that keep "
          "drills away",
          kMostOccurrences);
    found.push_back(local_of(next));
  }
}

}  // namespace muster
