#include "runner/schedule/ics.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "runner/schedule/ics_library.h"
#include "runner/schedule/ics_text.h"
#include "runner/schedule/ics_zones.h"

namespace muster {

using std::chrono::seconds;

namespace {

constexpr seconds kLongestEvent = std::chrono::days(366 * 100);
constexpr std::size_t kLongestShown = 80;

/// A time as the file has it.
struct FileTime {
  const WallClock* clock = nullptr;
  LocalTime local;
  bool whole_day = false;

  UtcTime begin() const { return clock->instants(local).earliest(); }
};

/// How long an event lasts. The standard counts seconds, people what their clocks show; the two
/// differ in the nights in which clocks are set, and then both are busy.
struct EventLength {
  seconds exact{};
  seconds shown{};
};

std::string name_of(icalcomponent* event) {
  const std::vector<icalproperty*> found = properties_of(event, ICAL_SUMMARY_PROPERTY);
  const std::string name =
      found.empty() ? ""
                    : printable(string_of(icalproperty_get_summary(found.front())), kLongestShown);
  return trim(name).empty() ? "an event without a name" : std::string(trim(name));
}

std::string uid_of(icalcomponent* event) {
  icalproperty* property = property_of(event, ICAL_UID_PROPERTY);
  return property == nullptr ? "" : string_of(icalproperty_get_uid(property));
}

bool is_cancelled(icalcomponent* event) {
  icalproperty* status = property_of(event, ICAL_STATUS_PROPERTY);
  return status != nullptr && icalproperty_get_status(status) == ICAL_STATUS_CANCELLED;
}

bool is_free(icalcomponent* event) {
  icalproperty* transparent = property_of(event, ICAL_TRANSP_PROPERTY);
  if (transparent == nullptr) return false;
  const icalproperty_transp value = icalproperty_get_transp(transparent);
  return value == ICAL_TRANSP_TRANSPARENT || value == ICAL_TRANSP_TRANSPARENTNOCONFLICT;
}

/// Reads the events of one file, in the order of the file.
class EventReader {
 public:
  explicit EventReader(const TimeZone& zone) : zones_(zone, rules_) {}

  void read(const IcsText& text) {
    const IcalComponent calendar = parse_ical(text.text);
    expect_understood(calendar.get());
    std::vector<icalcomponent*> events;
    for (icalcomponent* part : parts_of(calendar.get())) {
      if (icalcomponent_isa(part) == ICAL_VTIMEZONE_COMPONENT) zones_.add(part);
      if (icalcomponent_isa(part) == ICAL_VEVENT_COMPONENT) events.push_back(part);
    }
    if (events.size() != text.events)
      fail("it has {} events, of which only {} can be read; export the file again",
           text.events,
           events.size());
    for (icalcomponent* event : events) about(event, [&] { note_replaced(event); });
    for (icalcomponent* event : events) about(event, [&] { read_event(event); });
  }

  std::vector<std::string> names;
  std::vector<BusyTime> times;
  std::size_t free = 0;
  std::size_t cancelled = 0;

 private:
  template <class Work>
  static void about(icalcomponent* event, Work work) {
    try {
      work();
    } catch (const Error& error) {
      throw Error(fmt::format(
          "event '{}': {}; mend the event or leave it out", name_of(event), error.message()));
    }
  }

  FileTime time_of(icalproperty* property, const icaltimetype& time) {
    FileTime out{&zones_.own(), local_of(time), time.is_date != 0};
    if (out.whole_day) return out;
    icalparameter* zone = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    if (icaltime_is_utc(time) != 0)
      out.clock = &zones_.utc();
    else if (zone != nullptr)
      out.clock = &zones_.named(string_of(icalparameter_get_tzid(zone)));
    return out;
  }

  /// One occurrence of another event that this one stands for.
  void note_replaced(icalcomponent* event) {
    expect_understood(event);
    icalproperty* property = property_of(event, ICAL_RECURRENCEID_PROPERTY);
    if (property == nullptr) return;
    if (icalproperty_get_first_parameter(property, ICAL_RANGE_PARAMETER) != nullptr)
      fail("it changes all occurrences from one on (RANGE), which is not read");
    replaced_[uid_of(event)].insert(
        time_of(property, icalproperty_get_recurrenceid(property)).begin());
  }

  void read_event(icalcomponent* event) {
    icalproperty* property = property_of(event, ICAL_DTSTART_PROPERTY);
    if (property == nullptr) fail("it has no DTSTART");
    const FileTime start = time_of(property, icalproperty_get_dtstart(property));
    const EventLength length = length_of(event, start);
    const std::vector<UtcSpan> spans = occurrences(event, start, length);
    if (is_cancelled(event)) {
      ++cancelled;
    } else if (is_free(event)) {
      ++free;
    } else {
      names.push_back(name_of(event));
      const std::set<UtcTime> left_out = exceptions(event);
      for (const UtcSpan& span : spans) {
        if (left_out.count(span.begin) == 0 && !span.empty() && span.end > kCalendarBegin &&
            span.begin < kCalendarEnd)
          times.push_back({span, span.end, names.size() - 1});
      }
    }
  }

  EventLength length_of(icalcomponent* event, const FileTime& start) {
    EventLength length;
    if (icalproperty* property = property_of(event, ICAL_DTEND_PROPERTY)) {
      const FileTime end = time_of(property, icalproperty_get_dtend(property));
      if (end.whole_day != start.whole_day)
        fail("of its begin and its end one is a day and the other a time");
      length.exact = std::chrono::floor<seconds>(end.begin() - start.begin());
      length.shown = end.clock == start.clock ? end.local - start.local : length.exact;
      if (length.exact < seconds(0)) fail("it ends before it begins");
    } else if (icalproperty* written = property_of(event, ICAL_DURATION_PROPERTY)) {
      length.shown = length_of(icalproperty_get_duration(written));
      length.exact = length.shown;
    } else if (start.whole_day) {
      length.shown = std::chrono::days(1);
    }
    if (start.whole_day) length.exact = seconds(0);  // days are as long as they are
    if (std::max(length.exact, length.shown) > kLongestEvent)
      fail("it lasts longer than a hundred years");
    return length;
  }

  static seconds length_of(const icaldurationtype& duration) {
    if (duration.is_neg != 0) fail("it ends before it begins");
    return std::chrono::weeks(duration.weeks) + std::chrono::days(duration.days) +
           std::chrono::hours(duration.hours) + std::chrono::minutes(duration.minutes) +
           seconds(duration.seconds);
  }

  static UtcSpan span_of(const FileTime& start, const EventLength& length) {
    const UtcTime begin = start.begin();
    if (length.exact == seconds(0) && length.shown == seconds(0)) return {begin, begin};
    return {begin,
            std::max<UtcTime>(begin + length.exact,
                              start.clock->instants(start.local + length.shown).latest())};
  }

  std::vector<UtcSpan> occurrences(icalcomponent* event,
                                   const FileTime& start,
                                   const EventLength& length) {
    // The standard leaves open whether a start that its own rule does not give counts.
    std::set<LocalTime> starts = {start.local};
    const auto to_local = [&](UtcTime at) {
      return start.clock->local(at);
    };
    for (icalproperty* each : properties_of(event, ICAL_RRULE_PROPERTY)) {
      const std::vector<LocalTime> times_of_rule =
          rules_.follow(icalproperty_get_rrule(each), start.local, start.whole_day, to_local);
      starts.insert(times_of_rule.begin(), times_of_rule.end());
    }
    std::vector<UtcSpan> spans;
    spans.reserve(starts.size());
    for (const LocalTime local : starts)
      spans.push_back(span_of({start.clock, local, start.whole_day}, length));
    for (icalproperty* each : properties_of(event, ICAL_RDATE_PROPERTY))
      spans.push_back(span_of_date(each, length));
    return spans;
  }

  UtcSpan span_of_date(icalproperty* property, const EventLength& length) {
    const icaldatetimeperiodtype value = icalproperty_get_rdate(property);
    if (icaltime_is_null_time(value.time) == 0)
      return span_of(time_of(property, value.time), length);
    const FileTime start = time_of(property, value.period.start);
    if (icaltime_is_null_time(value.period.end) == 0)
      return {start.begin(), time_of(property, value.period.end).begin()};
    const seconds lasts = length_of(value.period.duration);
    if (lasts > kLongestEvent) fail("it lasts longer than a hundred years");
    return span_of(start, {lasts, lasts});
  }

  std::set<UtcTime> exceptions(icalcomponent* event) {
    std::set<UtcTime> out;
    for (icalproperty* each : properties_of(event, ICAL_EXDATE_PROPERTY))
      out.insert(time_of(each, icalproperty_get_exdate(each)).begin());
    const auto replaced = replaced_.find(uid_of(event));
    if (replaced != replaced_.end() && property_of(event, ICAL_RECURRENCEID_PROPERTY) == nullptr)
      out.insert(replaced->second.begin(), replaced->second.end());
    return out;
  }

  RuleFollower rules_;
  IcsZones zones_;
  std::map<std::string, std::set<UtcTime>> replaced_;
};

std::vector<BusyTime> without_overlaps(std::vector<BusyTime> times) {
  std::sort(times.begin(), times.end(), [](const BusyTime& a, const BusyTime& b) {
    return std::tie(a.span.begin, b.until, a.event) < std::tie(b.span.begin, a.until, b.event);
  });
  std::vector<BusyTime> out;
  for (const BusyTime& each : times) {
    if (!out.empty() && each.until <= out.back().until) continue;
    if (!out.empty() && each.span.begin < out.back().span.end)
      out.back().span.end = each.span.begin;
    out.push_back(each);
  }
  return out;
}

std::string note_on(const EventReader& read) {
  if (!read.names.empty()) return {};
  if (read.free + read.cancelled == 0) return "it holds no event";
  std::string note =
      fmt::format("none of its {} counts", count_of(read.free + read.cancelled, "event"));
  if (read.free > 0) note += fmt::format("; {} marked as free (TRANSP:TRANSPARENT)", read.free);
  if (read.cancelled > 0) note += fmt::format("; {} cancelled", read.cancelled);
  return note;
}

}  // namespace

BusyCalendar::BusyCalendar(std::string file, std::string_view text, const TimeZone& zone)
    : file_(std::move(file)), zone_(zone) {
  EventReader reader(zone_);
  try {
    reader.read(essential_ics(text));
  } catch (const Error& error) {
    throw error.within("calendar " + file_);
  }
  note_ = note_on(reader);
  names_ = std::move(reader.names);
  times_ = without_overlaps(std::move(reader.times));
}

std::optional<std::string> BusyCalendar::busy(UtcTime at) const {
  const auto next = std::partition_point(
      times_.begin(), times_.end(), [&](const BusyTime& each) { return each.span.end <= at; });
  if (next == times_.end() || !next->span.holds(at)) return std::nullopt;
  return fmt::format("{}, until {}", name_of(*next), zone_.text(next->until));
}

std::span<const BusyTime> BusyCalendar::between(UtcTime from, UtcTime to) const {
  const auto first = std::partition_point(
      times_.begin(), times_.end(), [&](const BusyTime& each) { return each.span.end <= from; });
  const auto last = std::partition_point(
      first, times_.end(), [&](const BusyTime& each) { return each.span.begin < to; });
  return {first, last};
}

}  // namespace muster
