#include "reports/formats/last_run.h"

#include <cmath>

#include "base/text.h"
#include "test/reports/formats/golden.h"

using namespace muster;
using sample::count;
using sample::has;

namespace {

std::string prometheus(const Result& result) {
  return report_format("prometheus")->render(result);
}

Result::Metric measured(double value, double lo, double hi, std::string unit = "s") {
  Result::Metric metric;
  metric.unit = std::move(unit);
  metric.value = value;
  metric.lo = lo;
  metric.hi = hi;
  return metric;
}

constexpr std::string_view kWho =
    "{drill=\"drain-us-east\",service=\"novvista\",environment=\"lab\"";

}  // namespace

BOOST_AUTO_TEST_SUITE(last_run_metrics)

BOOST_AUTO_TEST_CASE(metrics_are_what_they_were) {
  sample::check_golden("prometheus", ".prom");
  sample::check_golden("openmetrics", ".txt");
}

BOOST_AUTO_TEST_CASE(each_number_has_its_name_its_drill_and_its_unit) {
  const std::string text = prometheus(sample::failed());
  const std::string who(kWho);
  BOOST_TEST(has(text, "\nmuster_last_run_success" + who + "} 0\n"));
  BOOST_TEST(has(text, "\nmuster_last_run_verdict" + who + ",verdict=\"fail\"} 1\n"));
  BOOST_TEST(has(text, "\nmuster_last_run_time_to_failover_seconds" + who + "} 38.2\n"));
  BOOST_TEST(has(text, "\nmuster_last_run_budget_seconds" + who + ",milestone=\"failover\"} 30\n"));
  BOOST_TEST(has(text, "\nmuster_last_run_lost_writes" + who + "} 3\n"));
}

BOOST_AUTO_TEST_CASE(exactly_one_verdict_is_true_and_none_of_a_newer_muster) {
  for (const auto& [name, result] : sample::all()) {
    int found = 0;
    for (const std::string& line : split(prometheus(result), '\n'))
      found += line.starts_with("muster_last_run_verdict{") && line.ends_with("} 1");
    BOOST_TEST(found == 1, name);
  }
  Result result = sample::passed();
  result.verdict.status = "splendid";
  BOOST_TEST(has(prometheus(result), "muster_last_run_success" + std::string(kWho) + "} 0\n"));
}

BOOST_AUTO_TEST_CASE(what_was_never_reached_is_above_every_limit) {
  BOOST_TEST(has(prometheus(sample::never_detected()),
                 "muster_last_run_time_to_failover_seconds" + std::string(kWho) + "} +Inf\n"));
}

BOOST_AUTO_TEST_CASE(what_is_still_broken_was_never_rolled_back) {
  const std::string name = "muster_last_run_time_to_roll_back_seconds" + std::string(kWho);
  BOOST_TEST(has(prometheus(sample::broken()), name + "} +Inf\n"));
  BOOST_TEST(has(prometheus(sample::passed()), name + "} 0\n"));
}

BOOST_AUTO_TEST_CASE(what_was_not_measured_is_not_there) {
  const std::string text = prometheus(sample::nothing_injected());
  BOOST_TEST(!has(text, "time_to_failover"));
  BOOST_TEST(!has(text, "lost_writes"));
  BOOST_TEST(has(text, "muster_last_run_timestamp_seconds"));
}

BOOST_AUTO_TEST_CASE(a_value_is_as_fine_as_its_measurement) {
  BOOST_TEST(at_resolution(measured(38.2345, 37.2, 39.2)) == 38);
  BOOST_TEST(at_resolution(measured(38.2345, 38.0, 38.4)) == 38.2);
  BOOST_TEST(at_resolution(measured(38.2345, 38.2245, 38.2445)) == 38.23);
  BOOST_TEST(at_resolution(measured(38.2345, 38.2345, 38.2345)) == 38.2);
  BOOST_TEST(at_resolution(measured(3, 3, 900, "count")) == 3);
  BOOST_TEST(at_resolution(measured(0, 0, 0)) == 0);
  BOOST_TEST(at_resolution(Result::Metric{}) == 0);
}

BOOST_AUTO_TEST_CASE(milliseconds_become_seconds) {
  Result result = sample::passed();
  for (Result::Metric& metric : result.metrics) {
    if (metric.id != "time_to_failover") continue;
    metric = measured(250, 249, 251, "ms");
    metric.id = "time_to_failover";
  }
  BOOST_TEST(has(prometheus(result),
                 "muster_last_run_time_to_failover_seconds" + std::string(kWho) + "} 0.25\n"));
}

BOOST_AUTO_TEST_CASE(the_outage_of_a_vantage_is_that_of_its_worst_probe) {
  Result result = sample::passed();
  for (const auto& [probe, gap] : {std::pair("readers", 4.0), std::pair("comments", 6.0)}) {
    Result::Metric metric = measured(gap, gap - 0.01, gap + 0.01);
    metric.id = "longest_gap";
    metric.scope_vantage = "client-us";
    metric.scope_probe = probe;
    result.metrics.push_back(metric);
  }
  const std::string name = "muster_last_run_outage_seconds" + std::string(kWho);
  BOOST_TEST(has(prometheus(result), name + ",vantage=\"client-us\"} 6\n"));
}

BOOST_AUTO_TEST_CASE(openmetrics_has_units_and_an_end) {
  const std::string text = report_format("openmetrics")->render(sample::passed());
  BOOST_TEST(has(text, "# UNIT muster_last_run_timestamp_seconds seconds\n"));
  BOOST_TEST(text.ends_with("\n# EOF\n"));
  BOOST_TEST(!has(prometheus(sample::passed()), "# UNIT"));
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_a_number) {
  const std::size_t usual = split(prometheus(sample::hostile("plain")), '\n').size();
  for (const std::string& text : sample::hostile_texts()) {
    const std::string out = prometheus(sample::hostile(text));
    BOOST_TEST(split(out, '\n').size() == usual, text);
    for (const std::string& line : split(out, '\n'))
      BOOST_TEST((line.empty() || line.starts_with("# ") || line.starts_with("muster_last_run_")));
    BOOST_TEST(!has(out, "\x1b"), text);
  }
  BOOST_TEST(has(prometheus(sample::hostile("a\\b\"c\nd")), "{drill=\"a\\\\b\\\"c d\","));
}

BOOST_AUTO_TEST_SUITE_END()
