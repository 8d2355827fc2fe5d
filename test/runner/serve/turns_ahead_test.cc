// What lies ahead, put together from the calendar and from what the store has planned.
#include "runner/serve/turns_ahead.h"

#include <boost/test/unit_test.hpp>

#include "test/runner/schedule/schedule_samples.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::utc;

namespace {

using Texts = std::vector<std::string>;

ScheduledDrill drill(std::string when) {
  return {Schedule(sample::settings(std::move(when), "UTC")), "drain", "", "", "lab", "shop"};
}

Occurrence occurrence(const char* due, const char* at, const char* state, const char* why = "") {
  Occurrence known;
  known.schedule = "drain";
  known.due = utc(due);
  known.at = utc(at);
  known.latest = known.at + 1min;
  known.state = state;
  known.why = why;
  return known;
}

Texts ahead(const ScheduledDrill& drill, std::vector<Occurrence> known, const char* now) {
  Texts texts;
  for (const TurnAhead& each : turns_ahead(drill, {{"drain", std::move(known)}}, utc(now), 2)) {
    const std::string moment = each.at ? " at " + format_utc(*each.at).substr(11, 8) : "";
    texts.push_back(sample::shown(each.turn) + moment + (each.why.empty() ? "" : ", " + each.why));
  }
  return texts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(turns_ahead_of_now)

BOOST_AUTO_TEST_CASE(a_turn_that_is_planned_in_an_open_window_comes_first_with_its_moment) {
  const Occurrence planned = occurrence("2026-11-27T12:00:00Z", "2026-11-27T16:07:00Z", "planned");
  const ScheduledDrill daily = drill("daily 12:00-18:00");
  BOOST_TEST(ahead(daily, {planned}, "2026-11-27T13:00:00Z") ==
             Texts({"2026-11-27T12:00:00Z 360 min at 16:07:00",
                    "2026-11-28T12:00:00Z 360 min",
                    "2026-11-29T12:00:00Z 360 min"}));
  const auto next = next_turn(daily, {{"drain", {planned}}}, utc("2026-11-27T13:00:00Z"));
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(format_utc(next->when()) == "2026-11-27T16:07:00.000000Z");
}

BOOST_AUTO_TEST_CASE(an_open_window_of_which_nothing_is_known_may_still_have_its_turn) {
  BOOST_TEST(ahead(drill("daily 12:00-18:00"), {}, "2026-11-27T13:00:00Z").front() ==
             "2026-11-27T12:00:00Z 360 min");
}

BOOST_AUTO_TEST_CASE(a_window_that_has_had_its_turn_is_not_ahead) {
  for (const char* state : {"claimed", "started", "finished", "skipped", "cut"})
    BOOST_TEST(ahead(drill("daily 12:00-18:00"),
                     {occurrence("2026-11-27T12:00:00Z", "2026-11-27T12:30:00Z", state)},
                     "2026-11-27T13:00:00Z")
                   .front() == "2026-11-28T12:00:00Z 360 min");
}

BOOST_AUTO_TEST_CASE(a_planned_turn_of_the_calendar_is_there_once_and_a_persons_beside_it) {
  BOOST_TEST(
      ahead(drill("0 14 * * *"),
            {occurrence("2026-11-27T14:00:00Z", "2026-11-27T14:00:00Z", "planned"),
             occurrence(
                 "2026-11-27T13:59:30Z", "2026-11-27T13:59:30Z", "planned", "asked for by ops")},
            "2026-11-27T13:59:40Z") ==
      Texts({"2026-11-27T13:59:30Z 1 min at 13:59:30, asked for by ops",
             "2026-11-27T14:00:00Z 1 min at 14:00:00",
             "2026-11-28T14:00:00Z 1 min"}));
}

BOOST_AUTO_TEST_CASE(what_can_start_no_more_and_what_is_switched_off_is_not_ahead) {
  BOOST_TEST(ahead(drill("0 14 * * *"),
                   {occurrence("2026-11-26T14:00:00Z", "2026-11-26T14:00:00Z", "planned")},
                   "2026-11-27T13:00:00Z")
                 .front() == "2026-11-27T14:00:00Z 1 min");
  ScheduleSettings off = sample::settings("daily 12:00-18:00", "UTC");
  off.enabled = false;
  BOOST_TEST(
      ahead({Schedule(off), "drain", "", "", "lab", "shop"}, {}, "2026-11-27T13:00:00Z").empty());
}

BOOST_AUTO_TEST_SUITE_END()
