#include "reports/formats/junit.h"

#include <algorithm>
#include <set>

#include "reports/formats/junit_cases.h"
#include "test/reports/formats/golden.h"

using namespace muster;
using sample::count;
using sample::has;
using Outcome = JunitCase::Outcome;

namespace {

std::string junit(const Result& result) {
  return report_format("junit")->render(result);
}

std::vector<JunitCase> cases_with(const Result& result, Outcome outcome) {
  std::vector<JunitCase> cases = junit_cases(result);
  std::erase_if(cases, [&](const JunitCase& one) { return one.outcome != outcome; });
  return cases;
}

bool any_named(const std::vector<JunitCase>& cases, std::string_view part) {
  return std::any_of(
      cases.begin(), cases.end(), [&](const JunitCase& one) { return has(one.name, part); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(junit_report)

BOOST_AUTO_TEST_CASE(test_results_are_what_they_were) {
  sample::check_golden("junit", ".xml");
}

BOOST_AUTO_TEST_CASE(a_pass_is_green_and_nothing_else_is) {
  for (const auto& [name, result] : sample::all()) {
    const JunitSuite suite = junit_suite(result);
    BOOST_TEST((suite.failures + suite.errors == 0) == (result.verdict.status == "pass"), name);
    BOOST_TEST(
        (suite.errors > 0) == (result.verdict.status != "pass" && result.verdict.status != "fail"),
        name);
  }
}

BOOST_AUTO_TEST_CASE(a_missed_objective_is_a_failure_with_its_budget_in_the_name) {
  const auto failures = cases_with(sample::failed(), Outcome::Failed);
  BOOST_REQUIRE(any_named(failures, "Time to fail over, readers, budget ≤ 30 s"));
  BOOST_TEST(failures.front().seconds == 38.2);
  BOOST_TEST(has(failures.front().message, "38.2 s: over the budget by 8.20 s"));
  BOOST_TEST(
      has(failures.front().output.front(), "value=38.2 unit=s lo=38.19 hi=38.21 budget=<=30"));
}

BOOST_AUTO_TEST_CASE(what_nobody_promised_is_skipped) {
  BOOST_TEST(any_named(cases_with(sample::passed(), Outcome::Skipped), "Time to impact"));
}

BOOST_AUTO_TEST_CASE(an_unfair_measurement_is_an_error_and_no_failure) {
  BOOST_TEST(cases_with(sample::inconclusive(), Outcome::Failed).empty());
  const auto errors = cases_with(sample::inconclusive(), Outcome::Error);
  BOOST_TEST(any_named(errors, "Fair measurement: probe-lag"));
  BOOST_TEST(any_named(errors, "Time to fail over"));
}

BOOST_AUTO_TEST_CASE(an_undo_that_nobody_saw_is_an_error_that_says_how_to_undo) {
  for (const JunitCase& one : cases_with(sample::broken(), Outcome::Error)) {
    if (one.group != "undo") continue;
    BOOST_TEST(has(one.message, "muster recover"));
    BOOST_TEST(one.output.front() == "undo: nft delete table inet muster_drain_2");
    return;
  }
  BOOST_FAIL("no case for the undo");
}

BOOST_AUTO_TEST_CASE(a_condition_means_what_its_kind_means) {
  Result result = sample::passed();
  result.checks = {{"expect: the page is there", false},
                   {"steady: error_ratio", false},
                   {"stop_if: error_ratio", true},
                   {"await: failover of readers (after 8.40 s)", true}};
  BOOST_TEST(any_named(cases_with(result, Outcome::Failed), "expect: the page is there"));
  BOOST_TEST(any_named(cases_with(result, Outcome::Error), "steady: error_ratio"));
  BOOST_TEST(any_named(cases_with(result, Outcome::Error), "stop_if: error_ratio"));
  const auto passed = cases_with(result, Outcome::Passed);
  BOOST_TEST(any_named(passed, "await: failover of readers"));
  BOOST_TEST(!any_named(passed, "8.40 s"));
}

BOOST_AUTO_TEST_CASE(a_fail_of_which_no_single_case_tells_is_red_all_the_same) {
  Result result = sample::passed();
  result.verdict.status = "fail";
  BOOST_TEST(junit_suite(result).failures == 1);
}

BOOST_AUTO_TEST_CASE(a_verdict_of_a_newer_muster_is_no_pass) {
  Result result = sample::passed();
  result.verdict.status = "splendid";
  BOOST_TEST(junit_suite(result).errors == 1);
}

BOOST_AUTO_TEST_CASE(totals_are_the_sum_of_what_is_there) {
  const JunitSuite suite = junit_suite(sample::failed());
  const std::string text = junit(sample::failed());
  BOOST_TEST(count(text, "<testcase ") == static_cast<std::size_t>(suite.tests));
  BOOST_TEST(count(text, "<failure ") == static_cast<std::size_t>(suite.failures));
  BOOST_TEST(count(text, "<skipped ") == static_cast<std::size_t>(suite.skipped));
  const std::string two =
      render_junit({junit_suite(sample::passed()), junit_suite(sample::failed())});
  BOOST_TEST(count(two, "<testsuite ") == 2U);
  BOOST_TEST(count(two, "<testcase ") ==
             static_cast<std::size_t>(junit_suite(sample::passed()).tests + suite.tests));
}

BOOST_AUTO_TEST_CASE(cases_of_two_trials_can_be_told_apart) {
  Result second = sample::passed();
  second.run.trial_index = second.run.trial_of = 2;
  BOOST_TEST(has(junit(second), "classname=\"muster.drain-us-east.trial-2.objectives\""));
  BOOST_TEST(!has(junit(sample::passed()), "trial-"));
}

BOOST_AUTO_TEST_CASE(no_two_cases_of_a_group_have_the_same_name) {
  std::set<std::string> names;
  for (const JunitCase& one : junit_cases(sample::hostile("x")))
    BOOST_TEST(names.insert(one.group + "/" + one.name).second, one.name);
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_a_tag) {
  const auto tags = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '<');
  };
  const auto usual = tags(junit(sample::hostile("plain")));
  for (const std::string& text : sample::hostile_texts()) {
    const std::string out = junit(sample::hostile(text));
    BOOST_TEST(tags(out) == usual, text);
    for (const char* forbidden : {"\x1b", "\x01", "\uFFFE", "\uFFFF", "]]>"})
      BOOST_TEST(!has(out, forbidden), text);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_result_is_written_without_harm) {
  BOOST_TEST(has(junit(Result{}), "errors=\"1\""));
}

BOOST_AUTO_TEST_SUITE_END()
