#include "runner/schedule/ics_zones.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "runner/schedule/file_zone.h"

namespace muster {

using std::chrono::seconds;

namespace {

constexpr std::size_t kLongestShown = 80;

seconds offset_of(icalcomponent* change, icalproperty_kind kind) {
  icalproperty* property = property_of(change, kind);
  if (property == nullptr) fail("it has no {}", icalproperty_kind_to_string(kind));
  const seconds offset(kind == ICAL_TZOFFSETTO_PROPERTY ? icalproperty_get_tzoffsetto(property)
                                                        : icalproperty_get_tzoffsetfrom(property));
  if (std::chrono::abs(offset) > std::chrono::hours(26)) fail("no zone is 26 hours from UTC");
  return offset;
}

/// What a STANDARD or DAYLIGHT says.
void read_changes(icalcomponent* part, RuleFollower& rules, std::vector<ZoneChange>& changes) {
  expect_understood(part);
  const seconds before = offset_of(part, ICAL_TZOFFSETFROM_PROPERTY);
  const seconds after = offset_of(part, ICAL_TZOFFSETTO_PROPERTY);
  icalproperty* property = property_of(part, ICAL_DTSTART_PROPERTY);
  if (property == nullptr) fail("it has no DTSTART");
  const LocalTime start = local_of(icalproperty_get_dtstart(property));
  const auto to_local = [&](UtcTime at) {
    return LocalTime(std::chrono::floor<seconds>(at.time_since_epoch()) + before);
  };
  std::vector<LocalTime> times = {start};
  for (icalproperty* each : properties_of(part, ICAL_RRULE_PROPERTY)) {
    const icalrecurrencetype rule = icalproperty_get_rrule(each);
    if (rule.freq != ICAL_YEARLY_RECURRENCE) fail("its clocks are not set by rules of years");
    const std::vector<LocalTime> more = rules.follow(rule, start, false, to_local);
    times.insert(times.end(), more.begin(), more.end());
  }
  for (icalproperty* each : properties_of(part, ICAL_RDATE_PROPERTY))
    times.push_back(local_of(icalproperty_get_rdate(each).time));
  for (const LocalTime time : times)
    changes.push_back({UtcTime(time.time_since_epoch() - before), before, after});
}

}  // namespace

void IcsZones::add(icalcomponent* vtimezone) {
  icalproperty* property = property_of(vtimezone, ICAL_TZID_PROPERTY);
  if (property == nullptr) fail("a VTIMEZONE has no TZID");
  described_[string_of(icalproperty_get_tzid(property))] = vtimezone;
}

const WallClock& IcsZones::named(const std::string& name) {
  std::unique_ptr<WallClock>& zone = known_[name];
  if (!zone) zone = make(name);
  return *zone;
}

/// The machine's own zone of that name is newer than what a file says of it.
std::unique_ptr<WallClock> IcsZones::make(const std::string& name) {
  if (TimeZone::exists(name)) return std::make_unique<TimeZone>(name);
  if (const auto found = described_.find(name); found != described_.end())
    return read(name, found->second);
  // "/example.org/20260101_1/Europe/Berlin"
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    const std::string rest = name.substr(slash + 1);
    if (rest.find('/') != std::string::npos && TimeZone::exists(rest))
      return std::make_unique<TimeZone>(rest);
  }
  fail(
      "it is in a time zone '{}' that neither the file describes nor this machine knows; export "
      "the calendar with its time zones",
      printable(name, kLongestShown));
}

std::unique_ptr<WallClock> IcsZones::read(const std::string& name, icalcomponent* vtimezone) {
  std::vector<ZoneChange> changes;
  try {
    expect_understood(vtimezone);
    for (icalcomponent* part : parts_of(vtimezone)) read_changes(part, rules_, changes);
    if (changes.empty()) fail("it has neither STANDARD nor DAYLIGHT");
  } catch (const Error& error) {
    throw error.within(fmt::format("time zone '{}'", printable(name, kLongestShown)));
  }
  return std::make_unique<FileZone>(std::move(changes));
}

}  // namespace muster
