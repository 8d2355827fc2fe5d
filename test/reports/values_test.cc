#include "reports/values.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(seconds_read_at_three_digits_in_one_unit) {
  BOOST_TEST(show_seconds(38.2) == "38.2 s");
  BOOST_TEST(show_seconds(8.4) == "8.40 s");
  BOOST_TEST(show_seconds(30) == "30 s");
  BOOST_TEST(show_seconds(0.13) == "130 ms");
  BOOST_TEST(show_seconds(0) == "0 s");
  BOOST_TEST(show_seconds(-0.5) == "−500 ms");
  BOOST_TEST(show_seconds(754) == "12 min 34 s");
}

BOOST_AUTO_TEST_CASE(counts_have_gaps_from_five_digits_on) {
  BOOST_TEST(show_count(0) == "0");
  BOOST_TEST(show_count(9999) == "9999");
  BOOST_TEST(show_count(14926) == "14\u202f926");
  BOOST_TEST(show_count(1234567) == "1\u202f234\u202f567");
}

BOOST_AUTO_TEST_CASE(ratios_bytes_and_rates_carry_their_unit) {
  BOOST_TEST(show_value(0.032, "ratio") == "3.20 %");
  BOOST_TEST(show_value(1e-7, "ratio") == "< 0.01 %");
  BOOST_TEST(show_value(1536, "bytes") == "1.50 KiB");
  BOOST_TEST(show_value(100, "per_s") == "100/s");
  BOOST_TEST(show_value(163, "ms") == "163 ms");
}

BOOST_AUTO_TEST_CASE(an_instant_says_on_which_side_of_the_injection_it_lies) {
  BOOST_TEST(show_instant(0) == "0");
  BOOST_TEST(show_instant(2.1) == "+2.10 s");
  BOOST_TEST(show_instant(-10) == "−10.0 s");
}

BOOST_AUTO_TEST_CASE(a_value_that_was_not_reached_never_reads_like_one_that_was) {
  Result::Metric metric;
  metric.unit = "s";
  BOOST_TEST(show_metric(metric) == "—");
  metric.value = 60;
  metric.censored = true;
  BOOST_TEST(show_metric(metric) == "not within 60 s");
  metric.value.reset();
  BOOST_TEST(show_metric(metric) == "never");
}

BOOST_AUTO_TEST_CASE(an_even_interval_is_a_plus_minus_and_an_uneven_one_a_range) {
  Result::Metric metric;
  metric.unit = "s";
  metric.value = 38.2;
  metric.lo = 37.2;
  metric.hi = 39.2;
  BOOST_TEST(show_interval(metric) == "± 1 s");
  metric.hi = 38.2;
  BOOST_TEST(show_interval(metric) == "37.2 s to 38.2 s");
  metric.lo = 38.2;
  BOOST_TEST(show_interval(metric) == "");
}

BOOST_AUTO_TEST_CASE(the_overall_metric_is_a_missed_one_else_a_judged_one_else_the_worst) {
  Result result;
  for (const double value : {4.0, 9.0, 2.0}) {
    Result::Metric metric;
    metric.id = "time_to_failover";
    metric.value = value;
    result.metrics.push_back(metric);
  }
  BOOST_TEST(*overall_metric(result, "time_to_failover")->value == 9.0);
  result.metrics[0].budget = 30;
  BOOST_TEST(*overall_metric(result, "time_to_failover")->value == 4.0);
  result.metrics[2].verdict = "fail";
  BOOST_TEST(*overall_metric(result, "time_to_failover")->value == 2.0);
  BOOST_TEST((overall_metric(result, "lost_writes") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
