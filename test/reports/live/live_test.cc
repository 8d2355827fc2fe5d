#include "reports/live/live.h"

#include <cmath>
#include <functional>

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// Feeds the samples of a synthetic run, in the order of `done`, up to `until`.
class LiveRun {
 public:
  explicit LiveRun(RecordBuilder run)
      : run_(std::move(run)),
        live_(make_live_metrics(run_.record().playbook, run_.record().texts)) {}

  LiveMetrics& up_to(Duration until) {
    std::vector<std::pair<Time, std::function<void()>>> all;
    for (const SampleSeries& series : run_.record().series) {
      for (const Sample& sample : series.samples) {
        if (sample.done > at(until) || sample.done <= fed_) continue;
        all.emplace_back(sample.done, [&] { live_->add(series.probe, series.vantage, sample); });
      }
    }
    std::stable_sort(
        all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [when, feed] : all) feed();
    fed_ = at(until);
    return *live_;
  }

 private:
  RecordBuilder run_;
  std::unique_ptr<LiveMetrics> live_;
  Time fed_{};
};

Condition condition(const std::string& metric, Duration over = 5s) {
  Condition made;
  made.metric = metric;
  made.probe = "readers";
  made.over = over;
  return made;
}

RecordBuilder outage_of_3_seconds() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13s, 100)
      .good("readers", "client-us", 13s, 40s, 100);
  return run;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live)

BOOST_AUTO_TEST_CASE(ratios_and_counts_are_of_the_window_only) {
  LiveRun run(outage_of_3_seconds());
  const LiveMetrics& live = run.up_to(14s);
  BOOST_TEST(*live.value(condition("error_ratio", 4s), at(13999ms)) == 0.75, tt::tolerance(0.01));
  BOOST_TEST(*live.value(condition("failed_requests", 60s), at(14s)) == 300.0);
  BOOST_TEST(*live.value(condition("error_ratio", 500ms), at(13900ms)) == 0.0);
  BOOST_TEST(*live.value(condition("longest_gap", 10s), at(14s)) == 3.01, tt::tolerance(1e-6));
  BOOST_TEST(*live.value(condition("latency_p50", 500ms), at(13900ms)) == 0.002,
             tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_percentile_among_failures_is_beyond_every_limit) {
  LiveRun run(outage_of_3_seconds());
  BOOST_TEST(std::isinf(*run.up_to(13s).value(condition("latency_p99", 3s), at(13s))));
}

BOOST_AUTO_TEST_CASE(there_is_no_value_without_a_sample) {
  LiveRun run(outage_of_3_seconds());
  BOOST_TEST(!run.up_to(0s).value(condition("error_ratio"), at(5s)).has_value());
}

BOOST_AUTO_TEST_CASE(the_worst_vantage_counts_unless_one_is_named) {
  RecordBuilder records_of_two = outage_of_3_seconds();
  records_of_two.good("readers", "client-eu", 0s, 40s, 100);
  LiveRun run(std::move(records_of_two));
  const LiveMetrics& live = run.up_to(12s);
  BOOST_TEST(*live.value(condition("error_ratio", 1s), at(11900ms)) == 1.0);
  Condition eu = condition("error_ratio", 1s);
  eu.vantage = "client-eu";
  BOOST_TEST(*live.value(eu, at(11900ms)) == 0.0);
}

BOOST_AUTO_TEST_CASE(it_has_settled_once_the_whole_window_was_good_and_not_before) {
  LiveRun run(outage_of_3_seconds());
  const auto settled = [&](Duration now) {
    return run.up_to(now).settled_since("readers", at(10s), at(now), {});
  };
  BOOST_TEST(!settled(17900ms).has_value());
  const auto start = settled(18010ms);
  BOOST_REQUIRE(start.has_value());
  BOOST_TEST((*start == at(13s)));
}

BOOST_AUTO_TEST_CASE(the_same_start_is_what_the_judgement_finds) {
  RecordBuilder judged = outage_of_3_seconds();
  judged.fault(10s).undo(30s);
  const double value = *metric(judged.judged(), "time_to_failover").value;
  LiveRun run(outage_of_3_seconds());
  const auto start = run.up_to(20s).settled_since("readers", at(10s), at(20s), {});
  BOOST_TEST(to_seconds(*start - at(10s)) == value, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_request_in_flight_inside_the_window_is_not_good_yet) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 11s, 100)
      .bad("readers", "client-us", 11s, 11010ms, 100, Outcome::Timeout, 20s)
      .good("readers", "client-us", 11010ms, 40s, 100);
  LiveRun live(std::move(run));
  BOOST_TEST(!live.up_to(20s).settled_since("readers", at(10s), at(20s), {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_region_that_is_out_does_not_count_as_good) {
  RecordBuilder run = records();
  run.served_by("us-east").good("readers", "client-us", 0s, 18s, 100);
  run.served_by("eu-west").good("readers", "client-us", 18s, 40s, 100);
  LiveRun live(std::move(run));
  LiveMetrics& metrics = live.up_to(24s);
  BOOST_TEST((*metrics.settled_since("readers", at(10s), at(24s), {"us-east"}) == at(18s)));
  BOOST_TEST((*metrics.settled_since("readers", at(10s), at(24s), {}) == at(10s)));
  BOOST_TEST(metrics.rows(at(24s)).at(0).served_by == "eu-west");
}

BOOST_AUTO_TEST_CASE(it_has_settled_only_when_every_vantage_has) {
  RecordBuilder run = outage_of_3_seconds();
  run.bad("readers", "client-eu", 0s, 40s, 100);
  LiveRun live(std::move(run));
  BOOST_TEST(!live.up_to(30s).settled_since("readers", at(10s), at(30s), {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_long_outage_does_not_make_it_forget_that_it_may_settle) {
  RecordBuilder run = records();
  run.bad("readers", "client-us", 0s, 600s, 10).good("readers", "client-us", 600s, 640s, 10);
  LiveRun live(std::move(run));
  const auto start = live.up_to(620s).settled_since("readers", at(10s), at(620s), {});
  BOOST_REQUIRE(start.has_value());
  BOOST_TEST((*start == at(600s)));
}

BOOST_AUTO_TEST_CASE(the_strip_shows_the_failing_share_since_the_first_request) {
  LiveRun run(outage_of_3_seconds());
  const auto rows = run.up_to(15s).rows(at(15s));
  BOOST_REQUIRE(rows.size() == 1u);
  const LiveStrip& strip = rows[0].strip;
  BOOST_TEST((strip.from == at(0s)));
  const auto share = [&](Duration since_start) {
    const LiveBin& bin = strip.bins[static_cast<std::size_t>(since_start / strip.bin)];
    BOOST_TEST(bin.answered == 20u);
    return bin.failed;
  };
  BOOST_TEST(share(9900ms) == 0u);
  BOOST_TEST(share(10s) == 20u);
  BOOST_TEST(share(12900ms) == 20u);
  BOOST_TEST(share(13s) == 0u);
}

BOOST_AUTO_TEST_CASE(the_strip_keeps_what_the_windows_have_forgotten) {
  RecordBuilder run = records();
  run.bad("readers", "client-us", 0s, 1s, 10).good("readers", "client-us", 1s, 900s, 10);
  LiveRun live(std::move(run));
  const auto rows = live.up_to(900s).rows(at(900s));
  BOOST_TEST(rows.at(0).strip.bins.size() == 4500u);
  BOOST_TEST(rows.at(0).strip.bins[0].failed == 2u);
}

BOOST_AUTO_TEST_CASE(the_first_failure_is_the_first_that_was_due_at_any_vantage) {
  RecordBuilder run = outage_of_3_seconds();
  run.good("readers", "client-eu", 0s, 9s, 100).bad("readers", "client-eu", 9s, 11s, 100);
  LiveRun live(std::move(run));
  const LiveMetrics& metrics = live.up_to(15s);
  BOOST_TEST((*metrics.first_failure("readers", at(5s)) == at(9s)));
  BOOST_TEST((*metrics.first_failure("readers", at(11s)) == at(11s)));
  BOOST_TEST(!metrics.first_failure("readers", at(13s)).has_value());
  BOOST_TEST(!metrics.first_failure("writers", at(5s)).has_value());
}

BOOST_AUTO_TEST_CASE(the_first_sign_is_an_answer_that_was_never_given_before) {
  RecordBuilder run = records();
  run.probe("dns", 1, 5s, "dns");
  const auto answer = [&](Duration when, const std::string& text) {
    Sample sample;
    sample.due = sample.sent = sample.done = at(when);
    sample.kind = SampleKind::Signal;
    sample.text = run.text(text);
    run.sample("dns", "client-us", sample);
  };
  answer(1s, "10.0.0.1");
  answer(2s, "10.0.0.2");
  answer(11s, "10.0.0.1");
  answer(12s, "10.0.0.2");
  answer(13s, "10.0.0.3");
  LiveRun live(std::move(run));
  BOOST_TEST(!live.up_to(12s).first_sign(at(10s)).has_value());
  const auto sign = live.up_to(14s).first_sign(at(10s));
  BOOST_REQUIRE(sign.has_value());
  BOOST_TEST((sign->first == at(13s)));
  BOOST_TEST(sign->second == "dns");
}

BOOST_AUTO_TEST_CASE(writes_are_counted_by_what_their_users_were_told) {
  RecordBuilder run = records();
  run.kind(SampleKind::Write)
      .good("comments", "client-us", 0s, 1s, 10)
      .bad("comments", "client-us", 1s, 2s, 5, Outcome::Unknown)
      .bad("comments", "client-us", 2s, 3s, 4, Outcome::Refused);
  run.kind(SampleKind::Request).bad("readers", "client-us", 0s, 1s, 10);
  LiveRun live(std::move(run));
  const LiveWrites writes = live.up_to(10s).writes();
  BOOST_TEST(writes.acknowledged == 10u);
  BOOST_TEST(writes.unknown == 5u);
  BOOST_TEST(writes.refused == 4u);
}

BOOST_AUTO_TEST_CASE(probes_are_late_where_one_in_a_hundred_left_half_a_period_after_it_was_due) {
  const auto lag_of = [](Duration lag) {
    RecordBuilder run = records();
    run.probe("readers", 100).good("readers", "client-us", 0s, 10s, 100, 20ms);
    for (Sample& sample : run.series("readers", "client-us").samples) sample.sent += lag;
    LiveRun live(std::move(run));
    return live.up_to(10s).lag(at(10s));
  };
  BOOST_TEST((lag_of(4ms).p99 == 4ms));
  BOOST_TEST(!lag_of(4ms).late);
  BOOST_TEST(lag_of(5ms).late);
}

BOOST_AUTO_TEST_CASE(a_row_counts_failed_requests_as_slower_than_every_answer) {
  LiveRun run(outage_of_3_seconds());
  const auto dark = run.up_to(13s).rows(at(13s));
  BOOST_TEST((dark.at(0).p50 == Duration::max()));
  LiveRun before(outage_of_3_seconds());
  BOOST_TEST((before.up_to(9s).rows(at(9s)).at(0).p99 < Duration(1s)));
}

BOOST_AUTO_TEST_CASE(the_lag_of_a_replica_that_stopped_answering_grows) {
  RecordBuilder run = records();
  run.probe("readers", 1, 5s, "postgres_lag");
  for (int second = 0; second <= 20; ++second) {
    Sample sample;
    sample.due = sample.sent = sample.done = at(second * 1s);
    sample.kind = SampleKind::Gauge;
    sample.value = second * 1000.0;
    sample.text = run.text("primary");
    run.sample("readers", "db-us", sample);
    sample.text = run.text("replica");
    if (second <= 5) run.sample("readers", "db-eu", sample);
  }
  LiveRun live(std::move(run));
  BOOST_TEST(*live.up_to(5s).value(condition("replication_lag"), at(5s)) == 0.0);
  BOOST_TEST(*live.up_to(20s).value(condition("replication_lag"), at(20s)) == 14.0,
             tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(holds_knows_limits_and_stop_conditions) {
  Condition limit;
  limit.max = 1.0;
  BOOST_TEST(holds(limit, 1.0));
  BOOST_TEST(!holds(limit, 1.1));
  limit.min = 0.5;
  BOOST_TEST(!holds(limit, 0.4));
  Condition stop;
  stop.above = 0.9;
  BOOST_TEST(!holds(stop, 0.9));
  BOOST_TEST(holds(stop, 0.91));
  stop.below = 0.1;
  BOOST_TEST(holds(stop, 0.05));
}

BOOST_AUTO_TEST_SUITE_END()
