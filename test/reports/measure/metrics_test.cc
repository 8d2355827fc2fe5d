#include "reports/measure/metrics.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

RecordBuilder outage_of_3_seconds() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13s, 100)
      .good("readers", "client-us", 13s, 40s, 100)
      .fault(10s)
      .undo(30s);
  return run;
}

bool has(const Result& result,
         const std::string& id,
         const std::string& vantage,
         const std::string& phase) {
  return std::any_of(result.metrics.begin(), result.metrics.end(), [&](const Result::Metric& each) {
    return each.id == id && each.scope_vantage == vantage && each.scope_phase == phase;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(
    an_outage_of_three_seconds_is_three_unavailable_seconds_give_or_take_a_period) {
  const Result result = outage_of_3_seconds().judged();
  const auto& unavailable = metric(result, "unavailable_seconds");
  BOOST_TEST(*unavailable.value == 3.0, tt::tolerance(1e-9));
  BOOST_TEST(*unavailable.lo == 2.99, tt::tolerance(1e-9));
  BOOST_TEST(*unavailable.hi == 3.01, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_error_budget_spent_is_the_time_unavailable_of_the_time_that_may_be) {
  RecordBuilder run = outage_of_3_seconds();
  BOOST_TEST(!has(run.judged(), "error_budget_spent", "", ""));
  run.record().playbook.probes[0].slo = ServiceLevel{0.999, 10h};  // 36 s may fail
  const auto& spent = metric(run.judged(), "error_budget_spent");
  BOOST_TEST(*spent.value == 3.0 / 36, tt::tolerance(1e-9));
  BOOST_TEST(*spent.lo == 2.99 / 36, tt::tolerance(1e-9));
  BOOST_TEST(*spent.hi == 3.01 / 36, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(half_the_requests_failing_for_four_seconds_are_two_unavailable_seconds) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100);
  for (int i = 0; i < 400; ++i) {
    const Duration due = 10s + i * 10ms;
    if (i % 2 == 0) run.bad("readers", "client-us", due, due + 10ms, 100);
    if (i % 2 == 1) run.good("readers", "client-us", due, due + 10ms, 100);
  }
  const Result result =
      run.good("readers", "client-us", 14s, 40s, 100).fault(10s).undo(30s).judged();
  BOOST_TEST(*metric(result, "unavailable_seconds").value == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "failed_requests").value == 200.0);
}

BOOST_AUTO_TEST_CASE(
    failed_requests_are_added_over_vantages_but_unavailability_is_the_worst_vantage) {
  RecordBuilder run = outage_of_3_seconds();
  run.good("readers", "client-eu", 0s, 10s, 100)
      .bad("readers", "client-eu", 10s, 11s, 100)
      .good("readers", "client-eu", 11s, 40s, 100);
  const Result result = run.judged();
  BOOST_TEST(*metric(result, "failed_requests").value == 400.0);
  BOOST_TEST(*metric(result, "failed_requests", "client-eu").value == 100.0);
  BOOST_TEST(*metric(result, "unavailable_seconds").value == 3.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(requests_under_way_when_the_fault_came_are_counted_with_their_fate) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 20s, 10).fault(10s, 10s + 40ms);
  const auto request = [](Duration sent, Duration took, Outcome outcome) {
    Sample sample;
    sample.due = sample.sent = at(sent);
    sample.done = sample.sent + took;
    sample.outcome = outcome;
    return sample;
  };
  // Under way all the time; sent while it took hold; done just before; sent just after.
  run.sample("readers", "client-eu", request(9s, 2s, Outcome::Reset))
      .sample("readers", "client-eu", request(10s + 20ms, 5ms, Outcome::Good))
      .sample("readers", "client-eu", request(9s, 999ms, Outcome::Reset))
      .sample("readers", "client-eu", request(10s + 41ms, 5ms, Outcome::Reset));
  const Result result = run.judged();
  BOOST_TEST(*metric(result, "in_flight_requests", "client-eu").value == 2.0);
  BOOST_TEST(*metric(result, "in_flight_requests", "client-eu").lo == 1.0);
  BOOST_TEST(*metric(result, "in_flight_failed", "client-eu").value == 1.0);
  // The other vantage's request of the very instant took 2 ms.
  BOOST_TEST(*metric(result, "in_flight_requests").value == 3.0);
  BOOST_TEST(*metric(result, "in_flight_failed").value == 1.0);
}

BOOST_AUTO_TEST_CASE(what_fails_after_the_recovery_is_counted_though_the_recovery_stands) {
  RecordBuilder run = records();
  run.bad("readers", "client-us", 10s, 22s, 10)
      .good("readers", "client-us", 22s, 30s, 10)
      .bad("readers", "client-us", 30s, 31s, 10)
      .good("readers", "client-us", 31s, 40s, 10);
  const Result result = run.good("readers", "client-eu", 0s, 40s, 10).fault(10s).undo(20s).judged();
  BOOST_TEST(*metric(result, "time_to_recover").value == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "failed_after_recovery").value == 10.0);
  BOOST_TEST(*metric(result, "failed_after_recovery", "client-eu").value == 0.0);
  BOOST_TEST(!metric(result, "failed_after_recovery").censored);
  BOOST_TEST(result.verdict.headline.find("10 requests of readers failed after the recovery") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_recovery_all_that_failed_after_the_undo_is_a_least_number) {
  RecordBuilder run = records();
  run.bad("readers", "client-us", 10s, 40s, 10).good("readers", "client-eu", 0s, 40s, 10);
  const Result result = run.fault(10s).undo(20s).judged();
  BOOST_TEST(metric(result, "failed_after_recovery").censored);
  BOOST_TEST(*metric(result, "failed_after_recovery").value == 200.0);
  BOOST_TEST(result.verdict.headline.find("after the recovery") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_error_ratio_counts_from_the_fault_and_per_phase) {
  const Result result = outage_of_3_seconds().judged();
  BOOST_TEST(*metric(result, "error_ratio").value == 0.1,
             tt::tolerance(1e-9));  // 300 of the 3000 after the fault
  BOOST_TEST(*metric(result, "error_ratio", "client-us", "baseline").value == 0.0);
  BOOST_TEST(*metric(result, "error_ratio", "client-us", "failing-over").value == 1.0);
  BOOST_TEST(*metric(result, "error_ratio", "client-us", "recovered").value == 0.0);
}

BOOST_AUTO_TEST_CASE(the_longest_gap_lies_between_two_good_answers) {
  const Result result = outage_of_3_seconds().judged();
  // From the fault (10 s), as no good answer came after it, to the answer at 13.002 s.
  BOOST_TEST(*metric(result, "longest_gap").value == 3.002, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_gap_that_is_still_open_at_the_end_counts) {
  const Result result = records()
                            .good("readers", "client-us", 0s, 20s, 100)
                            .bad("readers", "client-us", 20s, 40s, 100)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  BOOST_TEST(*metric(result, "longest_gap").value == 39.99 - 19.992, tt::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_failed_request_is_slower_than_every_answer) {
  // 100 requests: 98 good (2 ms), 2 failed at once: the 99th is a failed one.
  const Result result = records()
                            .good("readers", "client-us", 0s, 980ms, 100)
                            .bad("readers", "client-us", 980ms, 1s, 100)
                            .judged();
  BOOST_TEST(*metric(result, "latency_p90").value == 0.002, tt::tolerance(1e-9));
  BOOST_TEST(metric(result, "latency_p99").censored);
  BOOST_TEST(!metric(result, "latency_p99").value.has_value());
  BOOST_TEST(metric(result, "latency_max").censored);
}

BOOST_AUTO_TEST_CASE(latency_counts_from_when_a_request_was_due) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 1s, 100, 30ms);
  for (Sample& each : run.series("readers", "client-us").samples) each.sent = each.due + 25ms;
  BOOST_TEST(*metric(run.judged(), "latency_p50").value == 0.03, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(percentiles_are_exact_ranks) {
  RecordBuilder run = records();
  for (int i = 1; i <= 100; ++i) {
    Sample one;
    one.due = one.sent = at(i * 10ms);
    one.done = one.due + i * 1ms;
    run.sample("readers", "client-us", one);
  }
  run.probe("readers", 100);
  const Result result = run.judged();
  BOOST_TEST(*metric(result, "latency_p50").value == 0.050, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "latency_p90").value == 0.090, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "latency_p99").value == 0.099, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "latency_max").value == 0.100, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(percentiles_that_too_few_requests_support_are_not_said) {
  const Result few =
      records().good("readers", "client-us", 0s, 990ms, 100).judged();  // 99 requests
  BOOST_TEST(!metric(few, "latency_p99").value.has_value());
  BOOST_TEST(!metric(few, "latency_p99").censored);
  BOOST_TEST(metric(few, "latency_p90").value.has_value());
  const Result more = records().good("readers", "client-us", 0s, 1s, 100).judged();  // 100
  BOOST_TEST(metric(more, "latency_p99").value.has_value());
  BOOST_TEST(!metric(more, "latency_p999").value.has_value());
  const Result enough = records().good("readers", "client-us", 0s, 10s, 100).judged();  // 1000
  BOOST_TEST(metric(enough, "latency_p999").value.has_value());
}

BOOST_AUTO_TEST_CASE(a_phase_shows_only_what_its_requests_support) {
  const Result result = outage_of_3_seconds().judged();
  BOOST_TEST(has(result, "latency_p99", "client-us", "failing-over"));    // 300 requests
  BOOST_TEST(!has(result, "latency_p999", "client-us", "failing-over"));  // needs 1000
}

BOOST_AUTO_TEST_CASE(requests_of_poisson_arrivals_have_no_exact_outage_interval) {
  RecordBuilder run = outage_of_3_seconds();
  run.record().playbook.probes[0].poisson = true;
  BOOST_TEST(metric(run.judged(), "unavailable_seconds").interval_method.empty());
}

BOOST_AUTO_TEST_CASE(unknown_writes_and_unsent_requests_count_as_failed_for_their_users) {
  const Result result = records()
                            .kind(SampleKind::Write)
                            .good("comments", "client-us", 0s, 10s, 10)
                            .bad("comments", "client-us", 10s, 11s, 10, Outcome::Unknown)
                            .bad("comments", "client-us", 11s, 12s, 10, Outcome::NotSent)
                            .good("comments", "client-us", 12s, 40s, 10)
                            .fault(10s)
                            .undo(30s)
                            .judged();
  BOOST_TEST(*metric(result, "failed_requests").value == 20.0);
}

BOOST_AUTO_TEST_CASE(the_same_record_gives_the_same_bytes) {
  RecordBuilder run = outage_of_3_seconds();
  BOOST_TEST(pretty_json(to_json(run.judged())) == pretty_json(to_json(run.judged())));
}

BOOST_AUTO_TEST_SUITE_END()
