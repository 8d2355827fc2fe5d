#include "reports/history/earlier.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "reports/values.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

const Result::Metric& failover_of(const Result& result) {
  return *overall_metric(result, "time_to_failover");
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<const HistoryRun*> pointers(const std::vector<HistoryRun>& runs) {
  std::vector<const HistoryRun*> found;
  for (const HistoryRun& run : runs) found.push_back(&run);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(earlier)

BOOST_AUTO_TEST_CASE(what_is_slower_than_usual_within_its_budget_is_a_warning_and_no_failure) {
  const Result result = sample::slower_than_usual();
  const Result::Metric& failover = failover_of(result);
  BOOST_TEST(failover.verdict == "warn");
  BOOST_TEST(failover.change->result == "worse");
  BOOST_TEST(failover.change->n_old == 16U);
  BOOST_TEST(failover.history->values.size() == 16U);
  BOOST_TEST(*failover.history->median == 5.4, boost::test_tools::tolerance(0.05));
  BOOST_TEST(result.verdict.status == "pass");
  BOOST_TEST(result.verdict.exit_code == 0);
}

BOOST_AUTO_TEST_CASE(the_detail_says_what_is_worse_by_how_much_and_which_setting_differs) {
  const std::string detail = sample::slower_than_usual().verdict.detail;
  BOOST_TEST(says(detail, "times the usual 5."), detail);
  BOOST_TEST(says(detail, "of 16 runs"), detail);
  BOOST_TEST(says(detail, "Unlike run 45: dns.ttl 2s → 5s"), detail);
}

BOOST_AUTO_TEST_CASE(three_runs_before_are_too_few_and_warn_of_nothing) {
  const Result result = sample::few_before();
  BOOST_TEST(failover_of(result).change->result == "too-few-runs");
  BOOST_TEST(failover_of(result).change->test == "none");
  BOOST_TEST(failover_of(result).verdict == "pass");
  BOOST_TEST(result.earlier.size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_trials_of_a_group_are_judged_together) {
  const Result result = sample::third_trial();
  BOOST_TEST(failover_of(result).change->n_new == 3U);
  BOOST_TEST(failover_of(result).change->n_old == 8U);
  BOOST_TEST(failover_of(result).change->test == "mann-whitney-exact");
  BOOST_TEST(result.earlier.front().number == result.run.number - 3);
}

BOOST_AUTO_TEST_CASE(a_missed_budget_stays_a_failure_whatever_was_usual) {
  BOOST_TEST(failover_of(sample::failed_with_history()).verdict == "fail");
}

BOOST_AUTO_TEST_CASE(a_step_names_its_first_run_what_moved_and_which_setting_changed_there) {
  const Result result = sample::failed_with_history();
  BOOST_REQUIRE(result.series_step.has_value());
  BOOST_TEST(result.series_step->number == result.run.number - 4);
  BOOST_REQUIRE(result.series_step->changed.has_value());
  BOOST_REQUIRE(result.series_step->changed->size() == 1U);
  BOOST_TEST(result.series_step->changed->at(0).key == "dns.ttl");
  BOOST_TEST(result.series_step->changed->at(0).before == "2s");
  BOOST_TEST(result.series_step->changed->at(0).now == "5s");
  const bool moved = std::ranges::any_of(result.series_step->moved, [](const auto& each) {
    return each.metric == "time_to_failover" && *each.before < 6 && *each.after > 8;
  });
  BOOST_TEST(moved);
}

BOOST_AUTO_TEST_CASE(a_short_series_has_no_steps) {
  std::vector<HistoryRun> runs = sample::sixteen_runs();
  runs.resize(9);
  BOOST_TEST(steps_of(pointers(runs)).empty());
}

BOOST_AUTO_TEST_CASE(a_run_that_was_no_fair_measurement_is_held_against_nothing) {
  Result result = sample::inconclusive();
  put_against_earlier(result, sample::sixteen_runs());
  BOOST_TEST(!failover_of(result).change.has_value());
  BOOST_TEST(!result.earlier.empty());
}

BOOST_AUTO_TEST_CASE(the_first_run_of_a_drill_is_as_it_was) {
  Result result = sample::passed();
  put_against_earlier(result, {});
  BOOST_TEST(compact_json(to_json(result)) == compact_json(to_json(sample::passed())));
}

BOOST_AUTO_TEST_CASE(what_it_ran_on_is_not_compared_with_a_run_that_does_not_say_it) {
  std::vector<HistoryRun> runs = sample::sixteen_runs();
  runs.erase(runs.begin());
  runs[0].settings.clear();
  Result result = sample::failed();
  put_against_earlier(result, runs);
  BOOST_TEST(!result.changed.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
