#include "reports/history/usual.h"

#include <boost/test/unit_test.hpp>

#include "reports/history/history_text.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

HistoryRun run_number(int number, std::optional<double> failover, std::string status = "pass") {
  HistoryRun run;
  run.id = fmt::format("01K{:03}", number);
  run.number = number;
  run.drill = "drain";
  run.environment = "lab";
  run.series_key = "sha256:1";
  run.started = *parse_utc("2026-11-14T14:12:00Z") + std::chrono::hours(number);
  run.status = std::move(status);
  run.metrics = {{.id = "failed_requests", .probe = "readers", .value = 120},
                 {.id = "time_to_failover",
                  .probe = "readers",
                  .value = failover,
                  .resolution = 0.1,
                  .judged = true}};
  return run;
}

/// Newest first: `count` runs whose failover took some 6 s.
std::vector<HistoryRun> usual_runs(int count) {
  std::vector<HistoryRun> runs;
  for (int number = count; number > 0; --number)
    runs.push_back(run_number(number, 6.0 + 0.05 * (number % 3)));
  return runs;
}

std::vector<int> numbers_of(const std::vector<const HistoryRun*>& runs) {
  std::vector<int> numbers;
  for (const HistoryRun* run : runs) numbers.push_back(static_cast<int>(run->number));
  return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(usual)

BOOST_AUTO_TEST_CASE(only_what_measured_the_same_thing_before_counts) {
  std::vector<HistoryRun> runs = usual_runs(8);
  const HistoryRun run = runs[1];      // number 7: number 8 came later
  runs[2].series_key = "sha256:2";     // 6
  runs[3].environment = "production";  // 5
  runs[4].status = "inconclusive";     // 4
  runs[5].drill = "other";             // 3
  runs[6].status = "fail";             // 2: it tells as much
  BOOST_TEST(numbers_of(comparable_runs(runs, run)) == (std::vector<int>{2, 1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_twenty_before_count_and_no_more) {
  const std::vector<HistoryRun> runs = usual_runs(40);
  const std::vector<int> numbers = numbers_of(comparable_runs(runs, runs.front()));
  BOOST_REQUIRE(numbers.size() == 20U);
  BOOST_TEST(numbers.front() == 39);
  BOOST_TEST(numbers.back() == 20);
}

BOOST_AUTO_TEST_CASE(what_was_accepted_begins_anew) {
  std::vector<HistoryRun> runs = usual_runs(8);
  runs[3].accepted = Acceptance{runs[3].id, runs[3].started, "alice", "slower on purpose"};
  BOOST_TEST(numbers_of(comparable_runs(runs, runs.front())) == (std::vector<int>{7, 6, 5}),
             boost::test_tools::per_element());
  BOOST_TEST(comparable_runs(runs, runs[3]).empty());
}

BOOST_AUTO_TEST_CASE(the_trials_of_an_accepted_run_count_with_it) {
  std::vector<HistoryRun> runs = usual_runs(8);
  for (const int place : {2, 3, 4}) runs[static_cast<std::size_t>(place)].trial_group = "01K004";
  runs[2].accepted = {runs[2].id, runs[2].started, "alice", "the new balancer"};
  BOOST_TEST(numbers_of(comparable_runs(runs, runs.front())) == (std::vector<int>{7, 6, 5, 4}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_run_is_held_against_those_before) {
  std::vector<HistoryRun> runs = usual_runs(8);
  runs.insert(runs.begin(), run_number(9, 9.0));
  const std::vector<MetricStanding> standings = standings_of(runs, runs.front());
  BOOST_REQUIRE(standings.size() == 1U);  // nobody has an objective about the failed requests
  BOOST_TEST(standings[0].id == "time_to_failover");
  BOOST_TEST(standings[0].unit == "s");
  BOOST_TEST(name_of(standings[0].standing.result) == "worse");
  BOOST_TEST(standings[0].standing.runs_before == 8U);
}

BOOST_AUTO_TEST_CASE(a_run_that_never_got_there_is_worse_and_later_ones_know_of_it) {
  std::vector<HistoryRun> runs = usual_runs(8);
  runs.insert(runs.begin(), run_number(9, std::nullopt, "fail"));
  BOOST_TEST(name_of(standings_of(runs, runs.front())[0].standing.result) == "worse");
  runs.insert(runs.begin(), run_number(10, 9.0));
  const Standing standing = standings_of(runs, runs.front())[0].standing;
  BOOST_TEST(standing.runs_before == 9U);
  BOOST_TEST(name_of(standing.result) == "unclear");
}

BOOST_AUTO_TEST_CASE(trials_are_judged_together) {
  std::vector<HistoryRun> runs = usual_runs(8);
  for (const int number : {9, 10, 11}) {
    runs.insert(runs.begin(), run_number(number, 7.5 + 0.1 * number));
    runs.front().trial_group = "01KT";
  }
  const std::vector<MetricStanding> standings = standings_of(runs, runs.front());
  BOOST_TEST(standings[0].standing.runs_now == 3U);
  BOOST_TEST(standings[0].standing.runs_before == 8U);
  BOOST_TEST(standings[0].standing.test == "mann-whitney-exact");
  BOOST_TEST(name_of(standings[0].standing.result) == "worse");
}

BOOST_AUTO_TEST_CASE(where_the_newest_run_stands_is_said_in_a_table) {
  std::vector<HistoryRun> runs = usual_runs(3);
  const std::string few = render_standing(runs);
  BOOST_TEST(few.find("run 3 against 2 runs before it") != std::string::npos);
  BOOST_TEST(few.find("too few runs to compare with: 2 before, 5 are needed") != std::string::npos);
  runs = usual_runs(8);
  runs.insert(runs.begin(), run_number(10, std::nullopt, "inconclusive"));
  const std::string many = render_standing(runs);
  BOOST_TEST(many.find("time to failover, readers") != std::string::npos);
  BOOST_TEST(many.find("run 8 against 7 runs before it") != std::string::npos);
  BOOST_TEST(many.find("no change that matters") != std::string::npos);
  BOOST_TEST(render_standing({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
