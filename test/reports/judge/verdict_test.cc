#include "reports/judge/verdict.h"

#include <functional>

#include <boost/test/unit_test.hpp>

#include "reports/judge/objectives.h"
#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

/// Failover takes 3.2 s, in [3.19, 3.202].
RecordBuilder run_with_budget(double budget) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13200ms, 100)
      .good("readers", "client-us", 13200ms, 40s, 100)
      .fault(10s)
      .undo(30s)
      .agent("client-us")
      .objective("time_to_failover", "readers", budget);
  return run;
}

struct Ending {
  std::string status;
  int exit_code;
  std::function<void(RunRecord&)> make;
};

/// In the order of precedence.
std::vector<Ending> endings() {
  return {{"broken",
           4,
           [](RunRecord& run) {
             run.actions[0].undone->state = Undone::State::Conflict;
           }},
          {"interrupted",
           130,
           [](RunRecord& run) {
             run.state = RunState::Interrupted;
           }},
          {"inconclusive",
           3,
           [](RunRecord& run) {
             run.agents[0].died = "ended by signal 9";
           }},
          {"fail",
           1,
           [](RunRecord& run) {
             run.playbook.objectives[0].max = 1;
           }},
          {"pass", 0, [](RunRecord&) {
           }}};
}

Result::Metric objective(const Result& result) {
  for (const Result::Metric& each : result.metrics) {
    if (each.budget) return each;
  }
  fail("no metric has a budget");
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(of_every_two_endings_the_one_of_higher_precedence_decides) {
  for (const char* ended_early : {"interrupted", "aborted"}) {
    std::vector<Ending> all = endings();
    if (std::string(ended_early) == "aborted") {
      all[1] = {"aborted", 5, [](RunRecord& run) {
                  run.state = RunState::Aborted;
                }};
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i; j < all.size(); ++j) {
        BOOST_TEST_CONTEXT(all[i].status << " and " << all[j].status) {
          RecordBuilder run = run_with_budget(30);
          all[i].make(run.record());
          all[j].make(run.record());
          const Result result = run.judged();
          BOOST_TEST(result.verdict.status == all[i].status);
          BOOST_TEST(result.verdict.exit_code == all[i].exit_code);
          BOOST_TEST(!result.verdict.headline.empty());
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_change_never_undone_is_broken_and_says_how_to_undo_it) {
  RecordBuilder run = run_with_budget(30);
  run.record().actions[0].undone.reset();
  run.record().actions[0].change.undo = exec({"rm", "/run/lab/admin_state"});
  const Result result = run.judged();
  BOOST_TEST(result.verdict.exit_code == 4);
  BOOST_TEST(contains(result.verdict.reasons.at(0).text, "rm /run/lab/admin_state"));
}

BOOST_AUTO_TEST_CASE(a_change_that_was_not_applied_but_undone_uncleanly_is_broken) {
  RecordBuilder run = run_with_budget(30);
  run.record().actions[0].applied.reset();
  run.record().actions[0].undone->state = Undone::State::Unknown;
  BOOST_TEST(run.judged().verdict.status == "broken");
}

BOOST_AUTO_TEST_CASE(an_objective_is_held_against_the_interval) {
  const auto judged = [](double budget) {
    return objective(run_with_budget(budget).judged()).verdict;
  };
  BOOST_TEST(judged(3.202) == "pass");  // hi is 3.202
  BOOST_TEST(judged(3.201) == "fail");  // at the limit
  BOOST_TEST(judged(3.19) == "fail");   // lo is 3.19: still at the limit
  BOOST_TEST(judged(3.1) == "fail");
  BOOST_TEST(contains(objective(run_with_budget(3.195).judged()).reason, "at the limit"));
  BOOST_TEST(contains(objective(run_with_budget(3.1).judged()).reason, "over the budget"));
}

BOOST_AUTO_TEST_CASE(a_failover_that_was_never_over_fails_every_budget) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 40s, 100)
      .fault(10s)
      .undo(30s)
      .objective("time_to_failover", "readers", 3600);
  const Result result = run.judged();
  BOOST_TEST(result.verdict.status == "fail");
  BOOST_TEST(contains(objective(result).reason, "not reached within 20"));
}

BOOST_AUTO_TEST_CASE(a_percentile_among_the_failed_requests_fails_every_budget) {
  RecordBuilder run = run_with_budget(30);
  run.objective("latency_max", "readers", 3600);
  BOOST_TEST(run.judged().verdict.status == "fail");
}

BOOST_AUTO_TEST_CASE(an_objective_that_nothing_measured_is_inconclusive) {
  RecordBuilder run = run_with_budget(30);
  run.objective("time_to_detect", "", 10);
  const Result result = run.judged();
  BOOST_TEST(result.verdict.status == "inconclusive");
  BOOST_TEST(result.verdict.reasons.at(0).metric == "time_to_detect");
}

BOOST_AUTO_TEST_CASE(lost_writes_are_exact) {
  RecordBuilder run = run_with_budget(30);
  run.kind(SampleKind::Write).good("comments", "client-us", 1s, 1100ms, 10);
  Sample read;
  read.due = read.sent = read.done = at(39s);
  read.kind = SampleKind::ReadBack;
  read.text = run.text("client-us");
  read.outcome = Outcome::WrongBody;
  run.sample("comments", "client-us", read).objective("lost_writes", "comments", 0);
  const Result result = run.judged();
  BOOST_TEST(result.verdict.status == "fail");
  BOOST_TEST(contains(result.verdict.headline, "1 acknowledged write was lost"));
}

BOOST_AUTO_TEST_CASE(a_least_value_is_held_against_the_interval_as_well) {
  Condition least;
  least.metric = "time_to_impact";
  least.min = 5.0;
  Result::Metric metric;
  metric.id = "time_to_impact";
  metric.unit = "s";
  const auto judged = [&](double lo, double value, double hi) {
    metric.lo = lo;
    metric.value = value;
    metric.hi = hi;
    std::vector<Result::Metric> metrics = {metric};
    judge_objectives({least}, metrics);
    return metrics[0].verdict;
  };
  BOOST_TEST(judged(5, 6, 7) == "pass");
  BOOST_TEST(judged(4, 6, 7) == "fail");
  BOOST_TEST(judged(1, 2, 3) == "fail");
}

BOOST_AUTO_TEST_CASE(an_await_or_expect_that_was_missed_fails_the_drill) {
  for (const char* kind : {"await", "expect"}) {
    RecordBuilder run = run_with_budget(30);
    run.record().checks.push_back({kind, "recovery of readers", false, at(40s), 60s, ""});
    BOOST_TEST(run.judged().verdict.status == "fail");
  }
}

BOOST_AUTO_TEST_CASE(the_missed_objective_stands_before_the_kept_ones) {
  RecordBuilder run = run_with_budget(30);
  run.objective("unavailable_seconds", "readers", 1);
  const Result result = run.judged();
  BOOST_TEST(result.metrics.at(0).id == "unavailable_seconds");
  BOOST_TEST(result.metrics.at(0).verdict == "fail");
  BOOST_TEST(result.metrics.at(1).id == "time_to_failover");
}

BOOST_AUTO_TEST_CASE(two_objectives_on_one_metric_are_both_judged) {
  RecordBuilder run = run_with_budget(30);
  run.objective("time_to_failover", "readers", 1);
  const Result result = run.judged();
  BOOST_TEST(result.metrics.at(0).verdict == "fail");
  BOOST_TEST(result.metrics.at(1).verdict == "pass");
}

BOOST_AUTO_TEST_CASE(the_headline_has_the_numbers_in_it) {
  BOOST_TEST(run_with_budget(30).judged().verdict.headline ==
             "Failover took 3.20 s against a budget of 30.0 s.");
}

BOOST_AUTO_TEST_CASE(a_drill_that_nobody_noticed_says_so) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 40s, 100).fault(10s).undo(30s);
  BOOST_TEST(run.judged().verdict.headline == "No user noticed the fault.");
}

BOOST_AUTO_TEST_CASE(a_stopped_drill_says_why_and_that_all_is_undone) {
  RecordBuilder run = run_with_budget(30);
  run.record().state = RunState::Aborted;
  run.record().abort_reason = "error_ratio of readers was over 90 % for 20 s";
  BOOST_TEST(run.judged().verdict.headline ==
             "Stopped: error_ratio of readers was over 90 % for 20 s; everything was undone.");
}

BOOST_AUTO_TEST_CASE(the_headline_names_the_slowest_failover_that_has_a_budget) {
  RecordBuilder run = run_with_budget(30);
  run.good("api", "client-us", 0s, 10s, 100)
      .bad("api", "client-us", 10s, 22s, 100)
      .good("api", "client-us", 22s, 40s, 100)
      .objective("time_to_failover", "api", 30);
  BOOST_TEST(
      contains(run.judged().verdict.headline, "Failover took 12.0 s against a budget of 30"));
}

BOOST_AUTO_TEST_CASE(a_time_that_was_not_over_is_not_said_to_be_known) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 40s, 100)
      .fault(10s)
      .undo(30s)
      .objective("time_to_recover", "readers", 5);
  BOOST_TEST(contains(run.judged().verdict.headline, "was more than 10.0 s against a budget of 5"));
}

BOOST_AUTO_TEST_CASE(who_failed_is_said_though_the_others_noticed_nothing) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 40s, 100)
      .good("comments", "client-us", 0s, 10s, 10)
      .bad("comments", "client-us", 10s, 20s, 10)
      .good("comments", "client-us", 20s, 40s, 10)
      .fault(10s)
      .undo(30s);
  const std::string headline = run.judged().verdict.headline;
  BOOST_TEST(contains(headline, "100 requests of comments failed"));
  BOOST_TEST(!contains(headline, "No user"));
}

BOOST_AUTO_TEST_SUITE_END()
