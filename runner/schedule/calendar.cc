#include "runner/schedule/calendar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

#include <date/tz.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

// The library's types have another shape without it.
static_assert(USE_OS_TZDB, "compile with what the CMake target date::date-tz defines");

namespace muster {

using std::chrono::seconds;

const UtcTime kCalendarBegin = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
const UtcTime kCalendarEnd = std::chrono::sys_days(std::chrono::year(2037) / 1 / 1);

namespace {

constexpr int kFirstYear = 2000;
constexpr int kLastYear = 2037;  // the calendar ends with its first instant
constexpr std::size_t kLongestZone = 60;
constexpr std::array kWeekdays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

std::chrono::local_days days_of(Day day) {
  return std::chrono::local_days(std::chrono::year(day.year) / static_cast<int>(day.month) /
                                 static_cast<int>(day.day));
}

Day from_days(std::chrono::local_days days) {
  const std::chrono::year_month_day date(days);
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day())};
}

/// The whole of `text` as a number without a sign.
std::optional<int> number_of_digits(std::string_view text, std::size_t digits) {
  int number = 0;
  if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

unsigned weekday_of(Day day) {
  return std::chrono::weekday(days_of(day)).iso_encoding() - 1;
}

Day next_day(Day day) {
  return shifted(day, 1);
}

Day shifted(Day day, int days) {
  return from_days(days_of(day) + std::chrono::days(days));
}

unsigned days_in_month(Day day) {
  const auto last = std::chrono::year(day.year) / static_cast<int>(day.month) / std::chrono::last;
  return static_cast<unsigned>(last.day());
}

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number_of_digits(text.substr(0, 4), 4);
  const auto month = number_of_digits(text.substr(5, 2), 2);
  const auto number = number_of_digits(text.substr(8, 2), 2);
  if (!year || !month || !number || *year < kFirstYear || *year > kLastYear) return std::nullopt;
  if (*month < 1 || *month > 12 || *number < 1) return std::nullopt;
  const Day day{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*number)};
  return day.day <= days_in_month(day) ? std::optional(day) : std::nullopt;
}

std::string format_day(Day day) {
  return fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
}

std::optional<int> parse_minute(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != 1 && colon != 2) return std::nullopt;
  const auto hour = number_of_digits(text.substr(0, colon), colon);
  const auto minute = number_of_digits(text.substr(colon + 1), 2);
  if (!hour || !minute || *minute > 59) return std::nullopt;
  const int all = *hour * 60 + *minute;
  return all <= kMinutesOfDay ? std::optional(all) : std::nullopt;
}

std::string format_minute(int minute) {
  return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

LocalTime local_time(Day day, int minute) {
  return LocalTime(days_of(day)) + std::chrono::minutes(minute);
}

Day day_of(LocalTime time) {
  return from_days(std::chrono::floor<std::chrono::days>(time));
}

UtcSpan span_between(const WallClock& clock, LocalTime from, LocalTime to) {
  const Instants begins = clock.instants(from);
  const Instants ends = clock.instants(to);
  const UtcTime end = ends.earliest();
  // What comes after the first of two would show the repeated times before `from` again, unless
  // `from` is where the repetition begins.
  const UtcTime begin = begins.second == begins.jump ? begins.earliest() : begins.latest();
  return begin < end ? UtcSpan{begin, end} : UtcSpan{begins.earliest(), end};
}

namespace {

const date::time_zone& zone_behind(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}

UtcTime instant(date::local_seconds time, seconds offset) {
  return UtcTime(time.time_since_epoch() - offset);
}

std::string last_part(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

const date::tzdb& database() {
  constexpr std::string_view kNone = "this machine has no time zones; install the package tzdata";
  try {
    const date::tzdb& zones = date::get_tzdb();
    if (zones.zones.empty()) fail(kNone);
    return zones;
  } catch (const std::runtime_error&) {
    fail(kNone);
  }
}

/// "Europe/Berlin" for "berlin", "EUROPE/BERLIN" and "Europe/Berlim".
std::string likely_zone(const std::string& name) {
  if (name.size() > kLongestZone || name == "localtime") return {};
  std::vector<std::string> names;
  names.reserve(database().zones.size());
  for (const date::time_zone& zone : database().zones) names.push_back(zone.name());
  const std::string asked = lower(name);
  for (const std::string& each : names) {
    if (lower(each) == asked || lower(last_part(each)) == asked) return each;
  }
  return nearest(name, names);
}

const date::time_zone* find_zone(const std::string& name) {
  if (name == "localtime") return nullptr;  // another one on every machine
  const auto& zones = database().zones;
  const auto found = std::find_if(
      zones.begin(), zones.end(), [&](const date::time_zone& zone) { return zone.name() == name; });
  return found == zones.end() ? nullptr : &*found;
}

const date::time_zone& zone_named(const std::string& name) {
  if (const date::time_zone* zone = find_zone(name)) return *zone;
  const std::string likely = likely_zone(name);
  fail("there is no time zone '{}'; {}",
       printable(name, kLongestZone),
       likely.empty() ? "write an IANA name, such as Europe/Berlin or UTC"
                      : fmt::format("did you mean '{}'?", likely));
}

/// Whether the database gives the changes of the clocks up to the calendar's end. A "slim" one
/// leaves those to come to a rule in the last line of the file, which the library does not read: it
/// would take today's summer for winter.
bool future_is_known(const date::time_zone& zone) {
  const auto late = std::chrono::time_point_cast<seconds>(kCalendarEnd) - std::chrono::days(180);
  const auto info = zone.get_info(date::sys_seconds(late.time_since_epoch()));
  if (info.end.time_since_epoch() < kCalendarEnd.time_since_epoch() + std::chrono::days(366))
    return true;
  const std::string file = read_file("/usr/share/zoneinfo/" + zone.name(), 1U << 20U);
  const std::string_view lines = trim(file);
  return lines.substr(lines.rfind('\n') + 1).find(',') == std::string_view::npos;
}

}  // namespace

TimeZone::TimeZone(const std::string& name) : name_(name), zone_(&zone_named(name)) {
  bool known = false;
  try {
    known = future_is_known(zone_behind(zone_));
  } catch (const std::runtime_error& error) {
    fail("the time zone '{}' cannot be read: {}; install the package tzdata anew",
         name,
         error.what());
  }
  if (!known)
    fail(
        "the time zone database of this machine says of '{}' only by a rule when its clocks are "
        "set; install one in the 'fat' form, as zic -b fat makes it",
        name);
}

bool TimeZone::exists(const std::string& name) {
  return find_zone(name) != nullptr;
}

Instants TimeZone::instants(LocalTime time) const {
  const date::local_seconds local(time.time_since_epoch());
  const date::local_info info = zone_behind(zone_).get_info(local);
  const UtcTime jump(info.first.end.time_since_epoch());
  if (info.result == date::local_info::nonexistent) return {{}, {}, jump};
  Instants instants{instant(local, info.first.offset), {}, jump};
  if (info.result == date::local_info::ambiguous)
    instants.second = instant(local, info.second.offset);
  return instants;
}

LocalTime TimeZone::local(UtcTime at) const {
  const UtcTime known = std::clamp(at, kCalendarBegin, kCalendarEnd);
  const date::sys_seconds time(std::chrono::floor<seconds>(known.time_since_epoch()));
  return LocalTime(time.time_since_epoch() + zone_behind(zone_).get_info(time).offset);
}

std::string TimeZone::abbreviation(UtcTime at) const {
  const UtcTime known = std::clamp(at, kCalendarBegin, kCalendarEnd);
  const date::sys_seconds time(std::chrono::floor<seconds>(known.time_since_epoch()));
  return zone_behind(zone_).get_info(time).abbrev;
}

std::string TimeZone::text(UtcTime at) const {
  const LocalTime time = local(at);
  const Day day = day_of(time);
  const auto minute = std::chrono::floor<std::chrono::minutes>(time - local_time(day)).count();
  return fmt::format("{} {} {} {}",
                     kWeekdays[weekday_of(day)],
                     format_day(day),
                     format_minute(static_cast<int>(minute)),
                     abbreviation(at));
}

}  // namespace muster
