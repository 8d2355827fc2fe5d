#include "runner/schedule/schedule.h"

#include <limits>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "test/runner/schedule/schedule_samples.h"
#include "test/runner/schedule/scratch_calendars.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::settings;
using sample::shown;
using sample::utc;
using sample::with_windows;

namespace {

using Texts = std::vector<std::string>;

Texts turns(const Schedule& schedule, std::string_view from, std::string_view to) {
  return shown(schedule.turns(utc(from), utc(to), 100));
}

Texts turns(std::string when, std::string zone, std::string_view from, std::string_view to) {
  return turns(Schedule(settings(std::move(when), std::move(zone))), from, to);
}

std::string complaint(ScheduleSettings settings) {
  try {
    Schedule schedule(std::move(settings));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(a_cron_instant_in_the_hour_that_is_jumped_over_is_skipped_and_said_so) {
  BOOST_TEST(turns("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z") ==
             Texts({"2026-03-28T01:30:00Z 1 min",
                    "2026-03-29T01:00:00Z the clocks jump over 02:30 (daylight saving)",
                    "2026-03-30T00:30:00Z 1 min"}));
  BOOST_TEST(
      turns("Sun 02:30", "America/New_York", "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z") ==
      Texts({"2026-03-08T07:00:00Z the clocks jump over 02:30 (daylight saving)"}));
  BOOST_TEST(
      turns("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z") ==
      Texts({"2026-10-03T15:30:00Z the clocks jump over 02:15 (daylight saving)",
             "2026-10-04T15:15:00Z 1 min"}));
}

BOOST_AUTO_TEST_CASE(a_cron_instant_in_the_hour_that_comes_twice_runs_once_the_first_time) {
  BOOST_TEST(turns("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z") ==
             Texts({"2026-10-25T00:30:00Z 1 min", "2026-10-26T01:30:00Z 1 min"}));
  BOOST_TEST(
      turns("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z") ==
      Texts({"2026-11-01T05:30:00Z 1 min", "2026-11-02T06:30:00Z 1 min"}));
  BOOST_TEST(
      turns("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-05T12:00:00Z") ==
      Texts({"2026-04-04T14:45:00Z 1 min"}));
}

BOOST_AUTO_TEST_CASE(what_is_jumped_over_to_the_begin_of_another_turn_is_not_told_of) {
  BOOST_TEST(
      turns("0,30 1-3 29 3 *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z") ==
      Texts({"2026-03-29T00:00:00Z 1 min",
             "2026-03-29T00:30:00Z 1 min",
             "2026-03-29T01:00:00Z 1 min",
             "2026-03-29T01:30:00Z 1 min"}));
}

BOOST_AUTO_TEST_CASE(a_window_is_shorter_or_longer_where_clocks_are_set_in_it) {
  BOOST_TEST(
      turns("daily 01:00-05:00", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z") ==
      Texts({"2026-03-29T00:00:00Z 180 min", "2026-03-29T23:00:00Z 240 min"}));
  BOOST_TEST(
      turns("daily 01:00-05:00", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z") ==
      Texts({"2026-10-24T23:00:00Z 300 min"}));
  BOOST_TEST(turns("daily 22:00-02:30",
                   "America/New_York",
                   "2026-03-07T12:00:00Z",
                   "2026-03-08T12:00:00Z") == Texts({"2026-03-08T03:00:00Z 240 min"}));
  BOOST_TEST(turns("daily 22:00-01:30",
                   "America/New_York",
                   "2026-10-31T12:00:00Z",
                   "2026-11-01T12:00:00Z") == Texts({"2026-11-01T02:00:00Z 210 min"}));
  BOOST_TEST(turns("daily 01:45-03:00",
                   "Australia/Lord_Howe",
                   "2026-04-04T10:00:00Z",
                   "2026-04-05T10:00:00Z") == Texts({"2026-04-04T15:15:00Z 75 min"}));
}

BOOST_AUTO_TEST_CASE(a_window_that_is_jumped_over_as_a_whole_is_skipped_and_said_so) {
  BOOST_TEST(
      turns("daily 02:10-02:50", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z") ==
      Texts({"2026-03-29T01:00:00Z the clocks jump over 02:10-02:50 (daylight saving)"}));
}

BOOST_AUTO_TEST_CASE(a_day_that_a_zone_leaves_out_has_no_turn) {
  const Texts wanted = {"2011-12-29T22:00:00Z 120 min",
                        "2011-12-30T10:00:00Z the clocks leave out 2011-12-30",
                        "2011-12-30T22:00:00Z 120 min"};
  BOOST_TEST(
      turns("daily 12:00-14:00", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z") ==
      wanted);
  BOOST_TEST(
      turns("daily 12:00-14:00", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T20:00:00Z") ==
      Texts({"2011-12-30T10:00:00Z the clocks leave out 2011-12-30"}));
  // The day after begins with the very instant to which the clocks jump.
  BOOST_TEST(turns("0 0 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-31T12:00:00Z") ==
             Texts({"2011-12-29T10:00:00Z 1 min",
                    "2011-12-30T10:00:00Z 1 min",
                    "2011-12-31T10:00:00Z 1 min"}));
}

BOOST_AUTO_TEST_CASE(blackouts_windows_and_calendars_exclude_turns_and_are_named) {
  const sample::ScratchCalendars files;
  ScheduleSettings one = with_windows(settings("daily 10:00-12:00"), {"Mon-Fri 09:00-16:00"});
  one.blackouts = {{"2026-12-02", "2026-12-03", "end of the year"},
                   {"2026-12-04 10:30", "2026-12-04 11:00", "audit"}};
  one.calendars = {files.write("freeze.ics",
                               "BEGIN:VEVENT\nSUMMARY:Release freeze\nDTSTART:20261207T080000Z\n"
                               "DTEND:20261207T170000Z\nEND:VEVENT\n")};
  const Schedule schedule(one);
  BOOST_TEST(turns(schedule, "2026-12-01T00:00:00Z", "2026-12-09T00:00:00Z") ==
             Texts({"2026-12-01T09:00:00Z 120 min",
                    "2026-12-02T09:00:00Z blackout: end of the year, until 2026-12-03",
                    "2026-12-03T09:00:00Z blackout: end of the year, until 2026-12-03",
                    "2026-12-04T09:00:00Z 120 min",
                    "2026-12-05T09:00:00Z outside the window Mon-Fri 09:00-16:00",
                    "2026-12-06T09:00:00Z outside the window Mon-Fri 09:00-16:00",
                    "2026-12-07T09:00:00Z calendar freeze.ics: Release freeze, until Mon "
                    "2026-12-07 18:00 CET",
                    "2026-12-08T09:00:00Z 120 min"}));
  BOOST_TEST(schedule.forbidden(utc("2026-12-04T09:29:59Z")) == Texts());
  BOOST_TEST(schedule.forbidden(utc("2026-12-04T09:30:00Z")) ==
             Texts({"blackout: audit, until 2026-12-04 11:00"}));
  BOOST_TEST(schedule.forbidden(utc("2026-12-04T10:00:00Z")) == Texts());
  BOOST_TEST(schedule.forbidden(utc("2026-12-07T06:30:00Z")) ==
             Texts({"outside the window Mon-Fri 09:00-16:00"}));
  BOOST_TEST(schedule.forbidden(utc("2026-12-07T16:30:00Z")) ==
             Texts({"outside the window Mon-Fri 09:00-16:00",
                    "calendar freeze.ics: Release freeze, until Mon 2026-12-07 18:00 CET"}));
}

BOOST_AUTO_TEST_CASE(a_turn_that_is_partly_forbidden_runs_in_what_is_left) {
  ScheduleSettings one = settings("Fri 10:00-12:00");
  one.blackouts = {{"2026-12-04 10:30", "2026-12-04 11:50", "audit"}};
  const Schedule schedule(one);
  const std::vector<Turn> found =
      schedule.turns(utc("2026-12-04T00:00:00Z"), utc("2026-12-05T00:00:00Z"), 9);
  BOOST_REQUIRE(found.size() == 1U);
  // 1800 seconds before the audit, 600 behind it.
  const auto moment = [&](double draw) {
    return format_utc(schedule.moment(found[0], draw).value()).substr(11, 8);
  };
  BOOST_TEST(moment(0) == "09:00:00");
  BOOST_TEST(moment(1799.5 / 2400) == "09:29:59");
  BOOST_TEST(moment(1800.5 / 2400) == "10:50:00");
  BOOST_TEST(moment(0.9999999) == "10:59:59");
  for (const double draw : {1.0, 2.0, 1e300}) BOOST_TEST(moment(draw) == "10:59:59");
  for (const double draw : {-1.0, std::numeric_limits<double>::quiet_NaN()})
    BOOST_TEST(moment(draw) == "09:00:00");
}

BOOST_AUTO_TEST_CASE(what_closes_a_turn_together_is_named_together) {
  ScheduleSettings one = with_windows(settings("Tue 10:00-15:00"), {"Tue 12:00-18:00"});
  one.blackouts = {{"2026-12-01 12:00", "2026-12-01 16:00", ""}};
  BOOST_TEST(turns(Schedule(one), "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z") ==
             Texts({"2026-12-01T09:00:00Z outside the window Tue 12:00-18:00; blackout: no reason "
                    "given, until 2026-12-01 16:00"}));
}

BOOST_AUTO_TEST_CASE(an_instant_begins_at_itself_or_not_at_all) {
  ScheduleSettings one = settings("Fri 10:30");
  one.blackouts = {{"2026-12-11", "2026-12-11", "audit"}};
  const Schedule schedule(one);
  const auto found = schedule.turns(utc("2026-12-01T00:00:00Z"), utc("2026-12-12T00:00:00Z"), 9);
  BOOST_TEST(shown(found) == Texts({"2026-12-04T09:30:00Z 1 min",
                                    "2026-12-11T09:30:00Z blackout: audit, until 2026-12-11"}));
  BOOST_TEST((schedule.moment(found[0], 0.7) == found[0].begin));
  BOOST_TEST(!schedule.moment(found[1], 0.7).has_value());
  BOOST_TEST(!schedule.moment({found[1].begin, found[1].end, ""}, 0.7).has_value());
}

BOOST_AUTO_TEST_CASE(the_next_turns_come_with_the_excluded_ones_before_them) {
  ScheduleSettings one = settings("Fri 10:30");
  one.blackouts = {{"2026-12-11", "2026-12-11", "audit"}};
  const Schedule schedule(one);
  BOOST_TEST(shown(schedule.next(utc("2026-12-04T09:30:00Z"), 2)) ==
             Texts({"2026-12-04T09:30:00Z 1 min",
                    "2026-12-11T09:30:00Z blackout: audit, until 2026-12-11",
                    "2026-12-18T09:30:00Z 1 min"}));
  BOOST_TEST(shown(schedule.next(utc("2026-12-04T09:30:00.000001Z"), 1)).size() == 2U);
  BOOST_TEST(schedule.next(utc("2026-12-04T09:30:00Z"), 0).empty());
}

BOOST_AUTO_TEST_CASE(a_window_is_open_from_its_begin_until_its_end_and_an_instant_never_is) {
  ScheduleSettings one = settings("daily 22:00-02:00");
  one.blackouts = {{"2026-12-11", "2026-12-12", "audit"}};
  const Schedule schedule(one);
  const auto open = [&](const char* at) {
    const std::optional<Turn> turn = schedule.open_window(utc(at));
    return turn ? shown(*turn) : "closed";
  };
  BOOST_TEST(open("2026-12-04T20:59:59Z") == "closed");
  BOOST_TEST(open("2026-12-04T21:00:00Z") == "2026-12-04T21:00:00Z 240 min");
  BOOST_TEST(open("2026-12-05T00:59:59Z") == "2026-12-04T21:00:00Z 240 min");
  BOOST_TEST(open("2026-12-05T01:00:00Z") == "closed");
  BOOST_TEST(open("2026-12-11T22:00:00Z") ==
             "2026-12-11T21:00:00Z blackout: audit, until 2026-12-12");
  BOOST_TEST(!Schedule(settings("0 10 * * *")).open_window(utc("2026-12-04T09:00:30Z")));
}

BOOST_AUTO_TEST_CASE(a_schedule_that_is_never_free_gives_a_bounded_answer) {
  ScheduleSettings one = settings("*/15 * * * *");
  one.blackouts = {{"2026-01-01", "2036-12-31", "no more drills"}};
  const Schedule schedule(one);
  const auto found = schedule.next(utc("2026-06-01T00:00:00Z"), 5);
  BOOST_TEST(found.size() == 1000U);
  BOOST_TEST(shown(found.back()) ==
             "2026-06-11T09:45:00Z blackout: no more drills, until 2036-12-31");
  BOOST_TEST(schedule.turns(kCalendarBegin, kCalendarEnd, 7).size() == 7U);
}

BOOST_AUTO_TEST_CASE(nothing_is_known_outside_of_the_calendar) {
  const Schedule schedule(settings("* * * * *"));
  for (const UtcTime at : {UtcTime::min(), kCalendarBegin - 1us, kCalendarEnd, UtcTime::max()}) {
    BOOST_REQUIRE(schedule.forbidden(at).size() == 1U);
    BOOST_TEST(schedule.forbidden(at)[0].find("the clock is wrong") != std::string::npos);
    BOOST_TEST(!schedule.moment({at, at, ""}, 0.5).has_value());
  }
  BOOST_TEST(schedule.next(UtcTime::max(), 3).empty());
  BOOST_TEST((schedule.next(UtcTime::min(), 1).at(0).begin == kCalendarBegin));
  BOOST_TEST((schedule.turns(UtcTime::min(), UtcTime::max(), 1).at(0).begin == kCalendarBegin));
  BOOST_TEST(schedule.turns(UtcTime::max(), UtcTime::min(), 9).empty());
}

BOOST_AUTO_TEST_CASE(a_schedule_says_what_it_understood) {
  const Schedule cron(settings("30 10 1-7 * Tue"));
  BOOST_TEST(cron.meaning() == "at 10:30 on Tue, if it is day 1-7 of the month, Europe/Berlin");
  BOOST_TEST(
      cron.notes() ==
      Texts({"a day must fit both day fields of '30 10 1-7 * Tue'; other crons take either"}));
  BOOST_TEST(Schedule(settings("30 10 * * Tue")).notes() == Texts());
  const sample::ScratchCalendars files;
  ScheduleSettings one = settings("Tue 10:30");
  one.calendars = {files.write("empty.ics", "")};
  BOOST_TEST(Schedule(one).notes() ==
             Texts({"calendar " + one.calendars[0] + ": it holds no event"}));
}

BOOST_AUTO_TEST_CASE(everything_that_is_wrong_is_said_at_once_and_where) {
  ScheduleSettings one = with_windows(settings("Teu 10:00", "Europe/Berlni"), {"Mon"});
  one.blackouts = {{"2026-12-20", "2026-12-19", "end of the year"}, {"soon", "later", ""}};
  one.calendars = {"/nowhere/freeze.ics"};
  const std::string found = complaint(one);
  for (const char* line :
       {"muster.yaml:7:3: drill 'drain': when 'Teu 10:00': 'Teu' is no weekday; did you mean "
        "'Tue'?",
        "\nmuster.yaml:7:3: drill 'drain': there is no time zone 'Europe/Berlni'; did you mean "
        "'Europe/Berlin'?",
        "\nmuster.yaml:7:3: drill 'drain': window 'Mon': at what time?",
        "blackout 'end of the year': it ends (2026-12-19) before it begins (2026-12-20)",
        "blackout 'no reason given': 'soon' is no day; write 2026-12-20, or 2026-12-20 18:00",
        "/nowhere/freeze.ics"})
    BOOST_TEST(found.find(line) != std::string::npos, line << " is not in " << found);
}

BOOST_AUTO_TEST_CASE(a_blackout_lasts_as_long_as_it_can_be_read) {
  const auto blackout = [](const std::string& from, const std::string& to) {
    ScheduleSettings one = settings("daily 00:00-24:00");
    one.blackouts = {{from, to, "audit"}};
    return Schedule(one);
  };
  const auto closed = [](const Schedule& schedule, std::string_view at) {
    return !schedule.forbidden(utc(at)).empty();
  };
  // 02:30 comes twice in Berlin: the first as a begin, the second as an end.
  const Schedule twice = blackout("2026-10-25 02:30", "2026-10-25 02:45");
  BOOST_TEST(!closed(twice, "2026-10-25T00:29:59Z"));
  BOOST_TEST(closed(twice, "2026-10-25T00:30:00Z"));
  BOOST_TEST(closed(twice, "2026-10-25T01:44:59Z"));
  BOOST_TEST(!closed(twice, "2026-10-25T01:45:00Z"));
  const Schedule day = blackout("2026-03-29", "2026-03-29");
  BOOST_TEST(!closed(day, "2026-03-28T22:59:59Z"));
  BOOST_TEST(closed(day, "2026-03-28T23:00:00Z"));
  BOOST_TEST(closed(day, "2026-03-29T21:59:59Z"));
  BOOST_TEST(!closed(day, "2026-03-29T22:00:00Z"));
}

BOOST_AUTO_TEST_SUITE_END()
