#include "runner/schedule/calendar.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/random.h"
#include "runner/schedule/file_zone.h"
#include "test/runner/schedule/schedule_samples.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::utc;

namespace {

LocalTime clock_at(std::string_view day, std::string_view time) {
  return local_time(parse_day(day).value(), parse_minute(time).value());
}

/// Every instant of the six hours around at which the clock shows `time`, found by looking.
std::vector<UtcTime> looked_up(const WallClock& clock, LocalTime time, UtcTime around) {
  std::vector<UtcTime> found;
  for (UtcTime at = around - 3h; at <= around + 3h; at += 1min) {
    if (clock.local(at) == time) found.push_back(at);
  }
  return found;
}

std::string span_text(const TimeZone& zone,
                      std::string_view day,
                      std::string_view from,
                      std::string_view to) {
  const UtcSpan span = span_between(zone, clock_at(day, from), clock_at(day, to));
  if (span.empty()) return "nothing";
  return format_utc(span.begin).substr(11, 5) + " to " + format_utc(span.end).substr(11, 5);
}

struct Change {
  std::string zone;
  UtcTime at;
};

const std::vector<Change>& changes() {
  static const std::vector<Change> kAll = {
      {"Europe/Berlin", utc("2026-03-29T01:00:00Z")},
      {"Europe/Berlin", utc("2026-10-25T01:00:00Z")},
      {"America/New_York", utc("2026-03-08T07:00:00Z")},
      {"America/New_York", utc("2026-11-01T06:00:00Z")},
      {"Australia/Lord_Howe", utc("2026-04-04T15:00:00Z")},
      {"Australia/Lord_Howe", utc("2026-10-03T15:30:00Z")},
      {"America/Havana", utc("2026-11-01T05:00:00Z")},
      {"Pacific/Apia", utc("2011-12-30T10:00:00Z")},
  };
  return kAll;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_calendar)

BOOST_AUTO_TEST_CASE(a_day_is_read_only_where_there_is_one) {
  BOOST_TEST((parse_day("2028-02-29") == Day{2028, 2, 29}));
  for (const char* text : {"2026-02-29",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-01-00",
                           "2026-1-01",
                           "1999-12-31",
                           "2038-01-01",
                           "20260101",
                           "",
                           "2026-01-0a",
                           "+026-01-01"})
    BOOST_TEST(!parse_day(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_time_of_day_is_read_up_to_midnight_at_its_end) {
  BOOST_TEST(parse_minute("9:30").value() == 570);
  BOOST_TEST(parse_minute("09:30").value() == 570);
  BOOST_TEST(parse_minute("24:00").value() == 1440);
  for (const char* text : {"24:01", "9:5", "9", "09:60", "009:30", ":30", "9:30pm", "-1:30", ""})
    BOOST_TEST(!parse_minute(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(weekdays_begin_with_monday) {
  BOOST_TEST(weekday_of({2026, 11, 30}) == 0U);
  BOOST_TEST(weekday_of({2026, 12, 6}) == 6U);
  BOOST_TEST((next_day({2028, 2, 28}) == Day{2028, 2, 29}));
  BOOST_TEST((shifted({2026, 1, 1}, -1) == Day{2025, 12, 31}));
}

BOOST_AUTO_TEST_CASE(an_unknown_zone_is_answered_with_the_likely_one) {
  const auto message = [](const std::string& name) -> std::string {
    try {
      return TimeZone(name).name();
    } catch (const Error& error) {
      return error.what();
    }
  };
  BOOST_TEST(message("Europe/Berlni") ==
             "there is no time zone 'Europe/Berlni'; did you mean 'Europe/Berlin'?");
  BOOST_TEST(message("berlin") == "there is no time zone 'berlin'; did you mean 'Europe/Berlin'?");
  BOOST_TEST(message("europe/berlin") ==
             "there is no time zone 'europe/berlin'; did you mean 'Europe/Berlin'?");
  for (const char* name : {"localtime", "", "../../etc/passwd", "+01:00"})
    BOOST_TEST(message(name).find("write an IANA name") != std::string::npos, name);
  BOOST_TEST(message(std::string(100'000, 'x')).size() < 300U);
  BOOST_TEST(message("UTC") == "UTC");
}

BOOST_AUTO_TEST_CASE(people_see_day_and_zone) {
  const TimeZone berlin("Europe/Berlin");
  BOOST_TEST(berlin.text(utc("2026-12-01T09:15:00Z")) == "Tue 2026-12-01 10:15 CET");
  BOOST_TEST(berlin.text(utc("2026-07-01T22:15:59Z")) == "Thu 2026-07-02 00:15 CEST");
}

BOOST_AUTO_TEST_CASE(instants_are_all_those_at_which_the_clock_shows_the_time) {
  for (const Change& change : changes()) {
    const TimeZone zone(change.zone);
    for (auto minute = -150min; minute <= 150min; minute += 10min) {
      const LocalTime time = zone.local(change.at - 1s) + 1s + minute;
      const Instants instants = zone.instants(time);
      std::vector<UtcTime> given;
      if (instants.first) given.push_back(*instants.first);
      if (instants.second) given.push_back(*instants.second);
      BOOST_TEST((given == looked_up(zone, time, change.at + minute)), change.zone);
      if (given.size() != 1) BOOST_TEST((instants.jump == change.at), change.zone);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_window_is_shorter_or_longer_where_clocks_are_set_in_it) {
  const TimeZone berlin("Europe/Berlin");
  BOOST_TEST(span_text(berlin, "2026-03-29", "01:00", "04:00") == "00:00 to 02:00");
  BOOST_TEST(span_text(berlin, "2026-03-29", "02:30", "04:00") == "01:00 to 02:00");
  BOOST_TEST(span_text(berlin, "2026-03-29", "01:00", "02:30") == "00:00 to 01:00");
  BOOST_TEST(span_text(berlin, "2026-03-29", "02:10", "02:50") == "nothing");
  BOOST_TEST(span_text(berlin, "2026-10-25", "01:00", "04:00") == "23:00 to 03:00");
}

BOOST_AUTO_TEST_CASE(a_window_that_ends_in_the_repeated_hour_never_shows_a_time_outside) {
  const TimeZone berlin("Europe/Berlin");
  BOOST_TEST(span_text(berlin, "2026-10-25", "01:00", "02:30") == "23:00 to 00:30");
  BOOST_TEST(span_text(berlin, "2026-10-25", "02:30", "04:00") == "01:30 to 03:00");
  BOOST_TEST(span_text(berlin, "2026-10-25", "02:00", "04:00") == "00:00 to 03:00");
  BOOST_TEST(span_text(berlin, "2026-10-25", "02:10", "02:50") == "00:10 to 00:50");
}

BOOST_AUTO_TEST_CASE(whole_days_leave_no_gap_where_midnight_comes_twice) {
  const TimeZone havana("America/Havana");
  const UtcSpan saturday =
      span_between(havana, clock_at("2026-10-31", "00:00"), clock_at("2026-10-31", "24:00"));
  const UtcSpan sunday =
      span_between(havana, clock_at("2026-11-01", "00:00"), clock_at("2026-11-01", "24:00"));
  BOOST_TEST((saturday.end == sunday.begin));
  BOOST_TEST((sunday.end - sunday.begin == 25h));
}

BOOST_AUTO_TEST_CASE(a_zone_may_leave_out_a_day) {
  const TimeZone apia("Pacific/Apia");
  const Instants none = apia.instants(clock_at("2011-12-30", "12:00"));
  BOOST_TEST(!none.first.has_value());
  BOOST_TEST((none.jump == utc("2011-12-30T10:00:00Z")));
  BOOST_TEST((day_of(apia.local(none.jump)) == Day{2011, 12, 31}));
}

BOOST_AUTO_TEST_CASE(an_instant_outside_of_the_calendar_is_its_nearest_end) {
  const TimeZone berlin("Europe/Berlin");
  BOOST_TEST((berlin.local(UtcTime::min()) == berlin.local(kCalendarBegin)));
  BOOST_TEST((berlin.local(UtcTime::max()) == berlin.local(kCalendarEnd)));
  BOOST_TEST(berlin.text(UtcTime::max()) == "Thu 2037-01-01 01:00 CET");
}

BOOST_AUTO_TEST_CASE(a_zone_described_by_its_changes_is_the_zone) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}) {
    const TimeZone zone(name);
    std::vector<ZoneChange> all;
    for (UtcTime at = utc("2025-01-01T00:00:00Z"); at < utc("2028-01-01T00:00:00Z"); at += 30min) {
      const auto before = zone.local(at - 1s).time_since_epoch() - (at - 1s).time_since_epoch();
      const auto after = zone.local(at).time_since_epoch() - at.time_since_epoch();
      if (before != after)
        all.push_back({at,
                       std::chrono::floor<std::chrono::seconds>(before),
                       std::chrono::floor<std::chrono::seconds>(after)});
    }
    BOOST_TEST(all.size() == 6U);
    const FileZone described({all.rbegin(), all.rend()});
    Random random(3);
    for (int i = 0; i < 1000; ++i) {
      // Half of them near a change.
      const auto& near = all[random.below(all.size())];
      const auto off = std::chrono::minutes(static_cast<std::int64_t>(random.below(600)) - 300);
      const UtcTime at =
          i % 2 == 0 ? near.at + off
                     : utc("2025-06-01T00:00:00Z") + std::chrono::seconds(random.below(60'000'000));
      const LocalTime shown(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()));
      const Instants a = zone.instants(shown);
      const Instants b = described.instants(shown);
      BOOST_REQUIRE((a.first == b.first && a.second == b.second));
      BOOST_REQUIRE((a.first && !a.second) == (b.first && !b.second));
      if (!a.first || a.second) BOOST_REQUIRE((a.jump == b.jump));
      BOOST_REQUIRE((zone.local(at) == described.local(at)));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
