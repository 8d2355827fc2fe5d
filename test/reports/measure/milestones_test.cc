#include "reports/measure/milestones.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// Good for 10 s, dark from 10 s to 13.2 s, good to 40 s; fault at 10 s, undo at 30 s; 100/s.
RecordBuilder outage_of_3_2_seconds() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13200ms, 100)
      .good("readers", "client-us", 13200ms, 40s, 100)
      .fault(10s)
      .undo(30s);
  return run;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(milestones)

BOOST_AUTO_TEST_CASE(
    an_outage_is_over_at_the_first_good_request_and_its_interval_spans_the_gap_before_it) {
  const Result result = outage_of_3_2_seconds().judged();
  const auto& failover = metric(result, "time_to_failover");
  BOOST_TEST(*failover.value == 3.2, tt::tolerance(1e-9));
  BOOST_TEST(*failover.lo == 3.19, tt::tolerance(1e-9));   // the last bad request was sent then
  BOOST_TEST(*failover.hi == 3.202, tt::tolerance(1e-9));  // the first good one was answered then
  BOOST_TEST(!failover.censored);
}

BOOST_AUTO_TEST_CASE(the_impact_lies_between_the_last_good_and_the_first_failed_request) {
  const Result result = outage_of_3_2_seconds().judged();
  const auto& impact = metric(result, "time_to_impact");
  BOOST_TEST(*impact.value == 0.0);
  BOOST_TEST(*impact.lo == 0.0);  // the fault is later than the last good request
  BOOST_TEST(*impact.hi == 0.001, tt::tolerance(1e-9));
}

namespace {

/// The last good request is sent at 9.99 s, the first failed one at 10.09 s: 10/s.
RecordBuilder outage_seen_seldom() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 90ms, 10s, 10)
      .bad("readers", "client-us", 10090ms, 13s, 10)
      .good("readers", "client-us", 13090ms, 40s, 10)
      .fault(10s)
      .undo(30s);
  return run;
}

void close_at(RecordBuilder& run, Duration when) {
  Sample closed;
  closed.due = closed.sent = closed.done = at(when);
  closed.kind = SampleKind::Closed;
  closed.outcome = Outcome::Reset;
  run.sample("readers", "client-us", closed);
}

void watch_at(RecordBuilder& run, Duration when, bool well) {
  Sample watching;
  watching.due = watching.sent = at(when);
  watching.done = at(when + 1ms);
  watching.kind = SampleKind::Watching;
  watching.outcome = well ? Outcome::Good : Outcome::Refused;
  run.sample("readers", "client-us", watching);
}

}  // namespace

BOOST_AUTO_TEST_CASE(connections_closed_all_at_once_say_when_the_outage_began_but_bound_nothing) {
  RecordBuilder run = outage_seen_seldom();
  const auto without = metric(run.judged(), "time_to_impact");
  close_at(run, 10005ms);  // one of many reasons a server may have
  for (int i = 0; i < 4; ++i) close_at(run, 10042ms + i * 100us);
  const auto with = metric(run.judged(), "time_to_impact");
  BOOST_TEST(*without.value == 0.09, tt::tolerance(1e-9));
  BOOST_TEST(*with.value == 0.042, tt::tolerance(1e-9));
  BOOST_TEST(*with.lo == *without.lo);
  BOOST_TEST(*with.hi == *without.hi);
}

BOOST_AUTO_TEST_CASE(connections_closed_long_before_the_first_failure_say_nothing_of_it) {
  RecordBuilder run = outage_seen_seldom();
  for (int i = 0; i < 4; ++i) close_at(run, 9s + i * 100us);
  BOOST_TEST(*metric(run.judged(), "time_to_impact").value == 0.09, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(looking_more_often_while_users_fail_narrows_the_end_and_counts_nobody) {
  RecordBuilder run = outage_seen_seldom();
  const Result without = run.judged();
  for (Duration when = 10100ms; when < 13050ms; when += 2ms) watch_at(run, when, when >= 13030ms);
  const Result with = run.judged();
  BOOST_TEST(*metric(without, "time_to_failover").value == 3.09, tt::tolerance(1e-9));
  const auto& failover = metric(with, "time_to_failover");
  BOOST_TEST(*failover.value == 3.03, tt::tolerance(1e-9));
  BOOST_TEST(*failover.lo == 3.028, tt::tolerance(1e-9));
  BOOST_TEST(*failover.hi == 3.031, tt::tolerance(1e-9));
  for (const std::string id : {"failed_requests", "unavailable_seconds", "longest_gap"})
    BOOST_TEST(*metric(with, id).value == *metric(without, id).value, id);
}

BOOST_AUTO_TEST_CASE(the_tail_of_the_clients_falls_from_all_but_the_first_to_none) {
  RecordBuilder run = records();
  run.clients(4).good("readers", "client-us", 0s, 10s, 100);
  for (Duration due = 10s; due < 40s; due += 10ms) {
    const auto client = (due - 10s) / 10ms % 4;
    const Duration well_from = 11s + client * 1s;
    Sample one;
    one.due = one.sent = at(due);
    one.done = at(due + 1ms);
    one.client = static_cast<std::uint32_t>(client);
    one.outcome = due < well_from ? Outcome::Refused : Outcome::Good;
    run.sample("readers", "client-us", one);
  }
  const Result result = run.fault(10s).undo(30s).judged();
  BOOST_TEST_REQUIRE(result.client_spread.size() == 1U);
  const auto& tail = result.client_spread[0].tail;
  BOOST_TEST_REQUIRE(tail.size() == 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST(tail[i].first == 1.0 + static_cast<double>(i), tt::tolerance(0.05));
    BOOST_TEST(tail[i].second == 0.75 - 0.25 * static_cast<double>(i), tt::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(
    a_time_out_tells_of_the_impact_after_the_usual_latency_not_after_the_time_out) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 12s, 100)
                            .bad("readers", "client-us", 12s, 15s, 100, Outcome::Timeout, 2s)
                            .good("readers", "client-us", 15s, 40s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  const auto& impact = metric(result, "time_to_impact");
  BOOST_TEST(*impact.value == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*impact.lo == 1.99, tt::tolerance(1e-9));
  BOOST_TEST(*impact.hi == 2.002, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_reset_tells_of_the_impact_when_it_came_however_long_the_request_had_waited) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 12s, 100)
                            .bad("readers", "client-us", 12s, 15s, 100, Outcome::Reset, 50ms)
                            .good("readers", "client-us", 15s, 40s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  BOOST_TEST(*metric(result, "time_to_impact").hi == 2.05, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(what_waited_in_the_dark_and_was_answered_late_is_no_sign_of_light) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 12s, 100);
  for (Duration due = 12s; due < 12200ms; due += 10ms) {
    Sample late;
    late.due = late.sent = at(due);
    late.done = at(13s);
    run.sample("readers", "client-us", late);
  }
  run.bad("readers", "client-us", 12200ms, 13s, 100, Outcome::Timeout, 900ms)
      .good("readers", "client-us", 13s, 40s, 100)
      .fault(10s)
      .undo(30s);
  const auto impact = metric(run.judged(), "time_to_impact");
  BOOST_TEST(*impact.lo == 1.99, tt::tolerance(1e-9));  // dark from 12 s on
  BOOST_TEST(*impact.value == 2.2, tt::tolerance(1e-9));
  BOOST_TEST(*impact.hi == 2.202, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_width_of_the_apply_is_carried_into_the_interval) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.record().actions[0].applied->began = at(9990ms);
  run.record().actions[0].applied->ended = at(10s);
  const auto& failover = metric(run.judged(), "time_to_failover");
  BOOST_TEST(*failover.value == 3.2, tt::tolerance(1e-9));
  BOOST_TEST(*failover.lo == 3.19, tt::tolerance(1e-9));
  BOOST_TEST(*failover.hi == 3.212, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_clock_bound_of_a_vantage_widens_both_sides) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.agent("client-us").record().agents[0].clock_bound = 1ms;
  const auto& failover = metric(run.judged(), "time_to_failover");
  BOOST_TEST(*failover.lo == 3.189, tt::tolerance(1e-9));
  BOOST_TEST(*failover.hi == 3.203, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(t0_is_the_last_change_of_the_first_step) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.record().actions.clear();
  run.fault(9s, 9s).fault(10s, 10s).fault(20s, 20s, "later").undo(30s);
  BOOST_TEST(*metric(run.judged(), "time_to_failover").value == 3.2, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(
    users_that_never_noticed_have_a_failover_of_zero_within_one_period_and_no_impact) {
  const Result result =
      records().good("readers", "client-us", 0s, 40s, 100).fault(10s).undo(30s).judged();
  const auto& failover = metric(result, "time_to_failover");
  BOOST_TEST(*failover.value == 0.0);
  BOOST_TEST(*failover.lo == 0.0);
  BOOST_TEST(*failover.hi == 0.01, tt::tolerance(1e-9));
  BOOST_TEST(!milestone(result, "impact").value.has_value());
  BOOST_TEST(!milestone(result, "impact").censored);
}

BOOST_AUTO_TEST_CASE(a_drain_without_an_error_is_over_when_the_last_client_is_served_elsewhere) {
  const Result result = records()
                            .served_by("us-east")
                            .good("readers", "client-us", 0s, 18s, 100)
                            .served_by("eu-west")
                            .good("readers", "client-us", 18s, 30s, 100)
                            .served_by("us-east")
                            .good("readers", "client-us", 30s, 50s, 100)
                            .fault(10s)
                            .undo(28s)
                            .out("us-east")
                            .judged();
  BOOST_TEST(*metric(result, "time_to_failover").value == 8.0, tt::tolerance(1e-9));
  BOOST_TEST(!metric(result, "time_to_impact").value.has_value());
  BOOST_TEST(*metric(result, "failed_requests").value == 0.0);
  BOOST_TEST(*metric(result, "time_to_recover").value ==
             0.0);  // after the undo regions do not count
}

BOOST_AUTO_TEST_CASE(a_failover_whose_window_the_undo_cuts_short_is_censored_at_the_undo) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 10s, 100)
                            .bad("readers", "client-us", 10s, 27s, 100)
                            .good("readers", "client-us", 27s, 40s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  const auto& failover = metric(result, "time_to_failover");
  BOOST_TEST(failover.censored);
  BOOST_TEST(*failover.value == 20.0, tt::tolerance(1e-9));
  BOOST_TEST(!failover.hi.has_value());
  BOOST_TEST(*metric(result, "time_to_recover").value == 0.0);
}

BOOST_AUTO_TEST_CASE(a_window_shorter_than_settle_does_not_count) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 10s, 100)
                            .bad("readers", "client-us", 10s, 12s, 100)
                            .good("readers", "client-us", 12s, 16s, 100)
                            .bad("readers", "client-us", 16s, 17s, 100)
                            .good("readers", "client-us", 17s, 40s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  BOOST_TEST(*metric(result, "time_to_failover").value == 7.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_fault_that_bites_late_is_not_over_before_it_began) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 18s, 100)
                            .bad("readers", "client-us", 18s, 40s, 100)
                            .good("readers", "client-us", 40s, 60s, 100)
                            .fault(10s)
                            .undo(38s)
                            .judged();
  BOOST_TEST(*metric(result, "time_to_impact").value == 8.0, tt::tolerance(1e-9));
  BOOST_TEST(metric(result, "time_to_failover").censored);
  BOOST_TEST(*metric(result, "time_to_recover").value == 2.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(recovery_is_a_span_from_the_undo_and_a_milestone_from_t0) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 10s, 100)
                            .bad("readers", "client-us", 10s, 33s, 100)
                            .good("readers", "client-us", 33s, 60s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  BOOST_TEST(*metric(result, "time_to_recover").value == 3.0, tt::tolerance(1e-9));
  BOOST_TEST(*milestone(result, "recover").value == 23.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_recovery_that_the_end_cuts_short_is_censored) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 10s, 100)
                            .bad("readers", "client-us", 10s, 35s, 100)
                            .good("readers", "client-us", 35s, 38s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  BOOST_TEST(metric(result, "time_to_recover").censored);
  BOOST_TEST(*metric(result, "time_to_recover").value == 8.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_worst_vantage_is_the_one_that_counts) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.good("readers", "client-eu", 0s, 10s, 100)
      .bad("readers", "client-eu", 10s, 15s, 100)
      .good("readers", "client-eu", 15s, 40s, 100);
  const Result result = run.judged();
  BOOST_TEST(*metric(result, "time_to_failover").value == 5.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "time_to_failover", "client-us").value == 3.2, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_vantage_that_never_failed_over_makes_the_whole_censored) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.good("readers", "client-eu", 0s, 10s, 100).bad("readers", "client-eu", 10s, 40s, 100);
  const auto& failover = metric(run.judged(), "time_to_failover");
  BOOST_TEST(failover.censored);
  BOOST_TEST(*failover.value == 20.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(clients_fail_over_one_by_one_and_their_spread_says_so) {
  RecordBuilder run = records();
  run.clients(4).probe("readers", 40).good("readers", "client-us", 0s, 10s, 40);
  for (int i = 0; i < 40 * 30; ++i) {
    Sample one;
    one.due = one.sent = at(10s + i * 25ms);
    one.done = one.due + 1ms;
    one.client = static_cast<std::uint32_t>(i % 4);
    // client 0 moves after 1 s, client 1 after 2 s, client 2 after 4 s, client 3 never
    const Duration moves[] = {1s, 2s, 4s, 60s};
    one.outcome = i * 25ms < moves[one.client] ? Outcome::Timeout : Outcome::Good;
    run.sample("readers", "client-us", one);
  }
  const Result result = run.fault(10s).undo(30s).judged();
  BOOST_REQUIRE(result.client_spread.size() == 1u);
  const auto& spread = result.client_spread[0];
  BOOST_TEST(spread.clients == 4u);
  BOOST_TEST(spread.never == 1u);
  BOOST_TEST(*spread.p50 == 2.025,
             tt::tolerance(1e-9));  // the second of four; its turn comes 25 ms later
  BOOST_TEST(!spread.p95.has_value());
  BOOST_TEST(!spread.last.has_value());
}

BOOST_AUTO_TEST_CASE(detection_is_the_first_answer_never_given_before_the_fault) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.probe("names", 1, 5s, "dns").kind(SampleKind::Signal).served_by("10.1.0.80");
  run.good("names", "client-us", 0s, 12s, 1)
      .served_by("10.2.0.80")
      .good("names", "client-us", 12s, 40s, 1);
  const auto& detect = metric(run.judged(), "time_to_detect");
  BOOST_TEST(*detect.value == 2.002, tt::tolerance(1e-9));
  BOOST_TEST(*detect.lo == 1.0, tt::tolerance(1e-9));
  BOOST_TEST(*detect.hi == 2.002, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_signal_that_never_changes_is_a_censored_detection) {
  RecordBuilder run = outage_of_3_2_seconds();
  run.probe("names", 1, 5s, "dns").kind(SampleKind::Signal).served_by("10.1.0.80");
  run.good("names", "client-us", 0s, 40s, 1);
  BOOST_TEST(metric(run.judged(), "time_to_detect").censored);
}

BOOST_AUTO_TEST_CASE(without_a_fault_there_are_no_milestones_and_one_phase) {
  const Result result = records().good("readers", "client-us", 0s, 10s, 100).judged();
  BOOST_TEST(result.milestones.empty());
  BOOST_REQUIRE(result.phases.size() == 1u);
  BOOST_TEST(result.phases[0].id == "baseline");
}

BOOST_AUTO_TEST_CASE(phases_follow_one_another_without_a_gap) {
  const Result result = outage_of_3_2_seconds().judged();
  const std::vector<std::string> expected = {"baseline", "failing-over", "recovered", "restored"};
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < result.phases.size(); ++i) {
    ids.push_back(result.phases[i].id);
    if (i > 0) BOOST_TEST(result.phases[i].from_s == *result.phases[i - 1].to_s);
  }
  BOOST_TEST(ids == expected, tt::per_element());
  BOOST_TEST(result.phases.front().from_s == -10.0);
  BOOST_TEST(*result.phases[1].to_s == 3.2, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()
