#include "reports/judge/validity.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

/// A run without any fault in its measurement: everything below breaks one thing of it.
RecordBuilder fair() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 40s, 100).fault(10s).undo(30s).agent("client-us");
  Playbook& playbook = run.record().playbook;
  playbook.probes[0].from = {"client-us"};
  playbook.steps.push_back({BaselineStep{10s}, {}});
  run.record().baseline_began = at(0s);
  run.record().baseline_ended = at(10s);
  Condition steady;
  steady.metric = "error_ratio";
  steady.probe = "readers";
  steady.max = 0.01;
  playbook.steady.push_back(steady);
  run.record().checks.push_back(
      {"steady", "error_ratio of readers <= 1 %", true, at(10s), 10s, "0 %"});
  return run;
}

std::vector<std::string> unfair_parts(const Result& result) {
  std::vector<std::string> ids;
  for (const Result::Validity& each : result.validity) {
    if (!each.ok) ids.push_back(each.id);
  }
  return ids;
}

void only_unfair(RecordBuilder run, const std::string& id) {
  const Result result = run.judged();
  BOOST_TEST(unfair_parts(result) == std::vector<std::string>{id},
             boost::test_tools::per_element());
  BOOST_TEST(result.verdict.status == "inconclusive");
  BOOST_TEST(result.verdict.exit_code == 3);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(validity)

BOOST_AUTO_TEST_CASE(a_fair_run_passes) {
  const Result result = fair().judged();
  BOOST_TEST(unfair_parts(result).empty());
  BOOST_TEST(result.verdict.status == "pass");
}

BOOST_AUTO_TEST_CASE(a_rate_below_99_percent_is_unfair) {
  RecordBuilder run = fair();
  run.record().agents[0].sent = 989;
  only_unfair(run, "probe-rate");
  run.record().agents[0].sent = 990;
  BOOST_TEST(unfair_parts(run.judged()).empty());
}

BOOST_AUTO_TEST_CASE(requests_that_left_half_a_period_late_are_unfair) {
  RecordBuilder run = fair();
  run.record().agents[0].send_lag_p99 = 5001us;  // 100/s: half a period is 5 ms
  only_unfair(run, "probe-lag");
}

BOOST_AUTO_TEST_CASE(a_clock_known_worse_than_half_a_period_is_unfair) {
  RecordBuilder run = fair();
  run.record().agents[0].clock_bound = 6ms;
  only_unfair(run, "clock-bound");
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_during_the_run_is_unfair) {
  RecordBuilder run = fair();
  run.record().agents[0].clock_steps = 1;
  only_unfair(run, "clock-bound");
}

BOOST_AUTO_TEST_CASE(a_dead_agent_is_unfair) {
  RecordBuilder run = fair();
  run.record().agents[0].died = "ended by signal 9";
  only_unfair(run, "agents-alive");
}

BOOST_AUTO_TEST_CASE(a_baseline_asked_for_and_not_measured_is_unfair) {
  RecordBuilder run = fair();
  run.record().baseline_ended.reset();
  only_unfair(run, "baseline-present");
}

BOOST_AUTO_TEST_CASE(a_steady_limit_that_did_not_hold_is_unfair) {
  RecordBuilder run = fair();
  run.record().checks[0].held = false;
  only_unfair(run, "baseline-steady");
}

BOOST_AUTO_TEST_CASE(steady_limits_that_were_never_checked_are_unfair) {
  RecordBuilder run = fair();
  run.record().checks.clear();
  only_unfair(run, "baseline-steady");
}

BOOST_AUTO_TEST_CASE(without_steady_limits_an_unhealthy_baseline_is_still_unfair) {
  RecordBuilder run = records();
  run.bad("readers", "client-us", 0s, 1s, 100)
      .good("readers", "client-us", 1s, 40s, 100)
      .fault(10s)
      .undo(30s);
  only_unfair(run, "baseline-steady");  // 10 % of the baseline failed
}

BOOST_AUTO_TEST_CASE(a_fault_whose_effect_was_not_seen_is_unfair) {
  RecordBuilder run = fair();
  run.record().actions[0].applied->observed = Time{};
  only_unfair(run, "fault-in-force");
}

BOOST_AUTO_TEST_CASE(a_change_that_could_not_be_applied_on_one_of_its_targets_is_unfair) {
  RecordBuilder run = fair();
  ActionRecord second = run.record().actions[0];
  second.applied.reset();
  second.undone.reset();
  second.error = "connection refused";
  run.record().actions.push_back(second);
  only_unfair(run, "fault-in-force");
}

BOOST_AUTO_TEST_CASE(a_drill_that_injected_nothing_though_it_meant_to_is_unfair) {
  RecordBuilder run = fair();
  run.record().actions.clear();
  only_unfair(run, "fault-in-force");
}

BOOST_AUTO_TEST_CASE(a_drill_without_a_fault_is_a_fair_measurement) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 40s, 100).agent("client-us");
  BOOST_TEST(unfair_parts(run.judged()).empty());
}

BOOST_AUTO_TEST_CASE(a_probe_that_was_never_heard_from_is_unfair) {
  RecordBuilder run = fair();
  run.probe("comments", 10, 5s, "ledger");
  only_unfair(run, "samples");
}

BOOST_AUTO_TEST_CASE(a_vantage_that_was_never_heard_from_is_unfair) {
  RecordBuilder run = fair();
  run.record().playbook.probes[0].from.push_back("client-eu");
  only_unfair(run, "samples");
}

BOOST_AUTO_TEST_CASE(a_step_that_failed_is_unfair) {
  RecordBuilder run = fair();
  run.record().state = RunState::Errored;
  run.record().abort_reason = "on ns1: gdnsdctl: not found";
  only_unfair(run, "completed");
}

BOOST_AUTO_TEST_SUITE_END()
