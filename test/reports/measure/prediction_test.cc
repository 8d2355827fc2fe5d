#include "reports/measure/prediction.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// Predicted: 3 to 11 s, most of it the TTL.
RecordBuilder dark_for(Duration length) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 10s + length, 100)
      .good("readers", "client-us", 10s + length, 60s, 100)
      .fault(10s)
      .undo(50s);
  run.record().predicted = {{"detect", "gdnsd: fall 2 x interval 2 s", 3s, 5s},
                            {"propagate", "ttl 6 s", 0s, 6s}};
  return run;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prediction)

BOOST_AUTO_TEST_CASE(a_failover_inside_the_settings_is_no_finding) {
  const Result result = dark_for(8s).judged();
  BOOST_REQUIRE(result.prediction.has_value());
  BOOST_TEST(result.prediction->best_s == 3.0);
  BOOST_TEST(result.prediction->worst_s == 11.0);
  BOOST_TEST(*result.prediction->measured_s == 8.0, tt::tolerance(1e-9));
  BOOST_TEST(result.prediction->inside);
  BOOST_TEST(result.prediction->finding.empty());
}

BOOST_AUTO_TEST_CASE(the_last_users_with_an_objective_are_held_against_the_settings) {
  RecordBuilder run = dark_for(8s);
  run.good("api", "client-us", 0s, 10s, 100)
      .bad("api", "client-us", 10s, 25s, 100)
      .good("api", "client-us", 25s, 60s, 100)
      .objective("time_to_failover", "readers", 30)
      .objective("time_to_failover", "api", 30);
  const Result result = run.judged();
  BOOST_TEST(*result.prediction->measured_s == 15.0, tt::tolerance(1e-9));
  BOOST_TEST(!result.prediction->inside);
}

BOOST_AUTO_TEST_CASE(a_measured_interval_that_touches_the_window_is_inside) {
  BOOST_TEST(dark_for(11005ms).judged().prediction->inside);
  BOOST_TEST(!dark_for(11050ms).judged().prediction->inside);
}

BOOST_AUTO_TEST_CASE(a_longer_failover_names_the_setting_with_the_most_room) {
  const Result result = dark_for(20s).judged();
  BOOST_TEST(!result.prediction->inside);
  BOOST_TEST(contains(result.prediction->finding, "ttl 6 s"));
  BOOST_TEST(contains(result.prediction->finding, "longer"));
}

BOOST_AUTO_TEST_CASE(a_late_detection_names_the_health_check_instead) {
  RecordBuilder run = dark_for(20s);
  run.probe("names", 1, 5s, "dns").kind(SampleKind::Signal).served_by("10.1.0.80");
  run.good("names", "client-us", 0s, 25s, 1)
      .served_by("10.2.0.80")
      .good("names", "client-us", 25s, 60s, 1);
  BOOST_TEST(contains(run.judged().prediction->finding, "fall 2 x interval 2 s"));
}

BOOST_AUTO_TEST_CASE(a_shorter_failover_is_a_finding_too) {
  const Result result = dark_for(1s).judged();
  BOOST_TEST(!result.prediction->inside);
  BOOST_TEST(contains(result.prediction->finding, "shorter"));
}

BOOST_AUTO_TEST_CASE(a_failover_that_was_not_over_is_outside_once_the_worst_case_has_passed) {
  const Result result = dark_for(39s).judged();
  BOOST_TEST(!result.prediction->inside);
  BOOST_TEST(!result.prediction->measured_s.has_value());
}

BOOST_AUTO_TEST_CASE(users_who_should_not_notice_and_did_are_a_finding) {
  RecordBuilder run = dark_for(1s);
  run.record().predicted.clear();
  run.record().users_unaffected = true;
  const Result result = run.judged();
  BOOST_TEST(!result.prediction->inside);
  BOOST_TEST(contains(result.prediction->finding, "readers"));
}

BOOST_AUTO_TEST_CASE(nothing_predicted_is_no_prediction) {
  RecordBuilder run = dark_for(1s);
  run.record().predicted.clear();
  BOOST_TEST(!run.judged().prediction.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
