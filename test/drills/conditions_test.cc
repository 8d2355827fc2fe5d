#include "drills/conditions.h"

#include <set>

#include <boost/test/unit_test.hpp>

namespace muster {

namespace {

struct Read {
  Read(const ConditionPlace& place, const std::string& text) {
    const auto node = read_yaml(reading.adopt("x.yaml", text), reading);
    condition = read_condition(place, node.value(), {"x.yaml", 1, 1}, names, reading);
  }
  Names names;
  Reading reading;
  Condition condition;
};

std::string said(const ConditionPlace& place, const std::string& text) {
  return Read(place, text).condition.text();
}

bool loads(const ConditionPlace& place, const std::string& text) {
  return Read(place, text).reading.count() == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conditions)

BOOST_AUTO_TEST_CASE(bounds_are_in_seconds_shares_and_counts) {
  BOOST_TEST(Read(objective_place(), "{metric: latency_p99, probe: p, max: 500ms}")
                 .condition.max.value() == 0.5);
  BOOST_TEST(
      Read(objective_place(), "{metric: error_ratio, probe: p, max: 1%}").condition.max.value() ==
      0.01);
  BOOST_TEST(
      Read(objective_place(), "{metric: lost_writes, probe: p, max: 0}").condition.max.value() ==
      0);
  BOOST_TEST(
      Read(steady_place(), "{metric: request_rate, probe: p, min: 30/m}").condition.min.value() ==
      0.5);
}

BOOST_AUTO_TEST_CASE(a_condition_reads_as_a_person_would_say_it) {
  BOOST_TEST(said(steady_place(), "{metric: error_ratio, probe: readers, over: 10s, max: 1%}") ==
             "error_ratio of readers over 10.0 s <= 1 %");
  BOOST_TEST(
      said(stop_place(), "{metric: latency_p99, probe: p, vantage: v, above: 2s, for: 20s}") ==
      "latency_p99 of p at v > 2.00 s for 20.0 s");
  BOOST_TEST(said(objective_place(), "{metric: time_to_detect, max: 90s, min: 1s}") ==
             "time_to_detect <= 90.0 s and >= 1.00 s");
  BOOST_TEST(said(objective_place(), "{metric: lost_writes, probe: w, max: 0}") ==
             "lost_writes of w <= 0");
}

BOOST_AUTO_TEST_CASE(a_bound_has_the_unit_of_its_metric) {
  BOOST_TEST(!loads(objective_place(), "{metric: latency_p99, probe: p, max: 1%}"));
  BOOST_TEST(!loads(objective_place(), "{metric: error_ratio, probe: p, max: 5s}"));
  BOOST_TEST(!loads(objective_place(), "{metric: lost_writes, probe: p, max: 0.5}"));
  BOOST_TEST(!loads(objective_place(), "{metric: lost_writes, probe: p, max: -1}"));
  BOOST_TEST(!loads(objective_place(), "{metric: error_ratio, probe: p, max: 101%}"));
}

BOOST_AUTO_TEST_CASE(each_place_has_its_own_words) {
  BOOST_TEST(loads(stop_place(), "{metric: error_ratio, probe: p, above: 1%, for: 2s}"));
  BOOST_TEST(!loads(steady_place(), "{metric: error_ratio, probe: p, above: 1%}"));
  BOOST_TEST(!loads(stop_place(), "{metric: error_ratio, probe: p, max: 1%}"));
  BOOST_TEST(!loads(objective_place(), "{metric: error_ratio, probe: p, max: 1%, over: 5s}"));
  BOOST_TEST(loads(await_place(), "{metric: error_ratio, probe: p, max: 1%, for: 2s}"));
  BOOST_TEST(!loads(expect_place(), "{metric: error_ratio, probe: p, max: 1%, for: 2s}"));
}

BOOST_AUTO_TEST_CASE(metrics_of_the_finished_run_cannot_be_watched_while_it_runs) {
  BOOST_TEST(!loads(stop_place(), "{metric: lost_writes, probe: p, above: 0}"));
  BOOST_TEST(!loads(await_place(), "{metric: time_to_failover, probe: p, max: 5s}"));
  BOOST_TEST(!loads(objective_place(), "{metric: replication_lag, probe: p, max: 5s}"));
}

BOOST_AUTO_TEST_CASE(the_catalogue_has_each_metric_once_and_all_of_them_usable) {
  std::set<std::string_view> names;
  for (const MetricSpec& metric : metric_catalogue()) {
    BOOST_TEST(names.insert(metric.name).second, metric.name);
    BOOST_TEST((metric.live || metric.objective), metric.name);
    BOOST_TEST(!metric.help.empty(), metric.name);
    BOOST_TEST(metric_spec(metric.name) == &metric, metric.name);
  }
  for (const std::string_view name :
       {"time_to_impact",      "time_to_detect",       "time_to_failover", "time_to_recover",
        "unavailable_seconds", "failed_requests",      "in_flight_failed", "longest_gap",
        "error_ratio",         "latency_p50",          "latency_p90",      "latency_p99",
        "latency_p999",        "latency_max",          "lost_writes",      "duplicate_writes",
        "unknown_writes",      "stale_reads",          "staleness_max",    "replication_lag_max",
        "catch_up_time",       "failed_after_recovery"}) {
    BOOST_TEST_REQUIRE(metric_spec(name) != nullptr, name);
    BOOST_TEST(metric_spec(name)->objective, name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
