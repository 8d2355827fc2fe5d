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

enum class Asked { NameServers, Resolvers };

/// With a dns probe that got a new answer so long after the fault, if that was before the end.
RecordBuilder asked(RecordBuilder run,
                    Asked whom,
                    Duration turned,
                    const std::string& vantage = "client-us") {
  const bool servers = whom == Asked::NameServers;
  const std::string name = servers ? "authority" : "names";
  run.probe(name, 1, 5s, "dns").kind(SampleKind::Signal).served_by("10.1.0.80");
  if (servers)
    run.record().playbook.probes.back().params = Params(json::object{{"server", "10.31.0.53"}});
  const Duration until = std::min<Duration>(10s + turned, 60s);
  run.good(name, vantage, 0s, until, 1).served_by("10.2.0.80").good(name, vantage, until, 60s, 1);
  return run;
}

std::string finding_of(RecordBuilder run) {
  return run.judged().prediction.value().finding;
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

BOOST_AUTO_TEST_CASE(name_servers_that_decide_late_name_the_health_check) {
  const std::string finding = finding_of(asked(dark_for(20s), Asked::NameServers, 15s));
  BOOST_TEST(contains(finding, "fall 2 x interval 2 s"));
  BOOST_TEST(!contains(finding, "ttl 6 s"));
}

BOOST_AUTO_TEST_CASE(
    name_servers_that_decide_in_time_name_the_time_to_live_however_late_resolvers_are) {
  RecordBuilder run = asked(dark_for(39s), Asked::NameServers, 4s);
  const std::string finding = finding_of(asked(std::move(run), Asked::Resolvers, 30s));
  BOOST_TEST(contains(finding, "ttl 6 s"));
  BOOST_TEST(!contains(finding, "fall 2"));
}

BOOST_AUTO_TEST_CASE(
    name_servers_that_decide_a_little_late_do_not_hide_a_time_to_live_of_a_minute) {
  const std::string finding = finding_of(asked(dark_for(39s), Asked::NameServers, 8s));
  BOOST_TEST(contains(finding, "ttl 6 s"));
  BOOST_TEST(!contains(finding, "fall 2"));
}

BOOST_AUTO_TEST_CASE(
    name_servers_that_never_decide_name_the_health_check_though_the_time_to_live_is_longer) {
  const std::string finding = finding_of(asked(dark_for(39s), Asked::NameServers, 60s));
  BOOST_TEST(contains(finding, "never gave a new answer"));
  BOOST_TEST(contains(finding, "fall 2 x interval 2 s"));
  BOOST_TEST(!contains(finding, "ttl 6 s"));
}

BOOST_AUTO_TEST_CASE(a_late_resolver_alone_cannot_tell_the_health_check_from_the_time_to_live) {
  for (const auto& [dark, turned] : {std::pair(16s, 15s), std::pair(39s, 60s)}) {
    const std::string finding = finding_of(asked(dark_for(dark), Asked::Resolvers, turned));
    BOOST_TEST(contains(finding, "fall 2 x interval 2 s"));
    BOOST_TEST(contains(finding, "ttl 6 s"));
    BOOST_TEST(contains(finding, "no probe asks the name servers"));
  }
}

BOOST_AUTO_TEST_CASE(a_resolver_that_turned_in_time_leaves_the_users_own_answers) {
  const std::string finding = finding_of(asked(dark_for(20s), Asked::Resolvers, 9s));
  BOOST_TEST(contains(finding, "ttl 6 s"));
  BOOST_TEST(!contains(finding, "fall 2"));
}

BOOST_AUTO_TEST_CASE(a_name_server_that_tells_other_users_the_same_as_ever_says_nothing_of_these) {
  RecordBuilder run = asked(dark_for(39s), Asked::NameServers, 60s, "client-eu");
  const std::string finding = finding_of(std::move(run));
  BOOST_TEST(contains(finding, "fall 2 x interval 2 s"));
  BOOST_TEST(contains(finding, "ttl 6 s"));
  // Its change is one, wherever it is asked.
  run = asked(dark_for(39s), Asked::NameServers, 4s, "client-eu");
  BOOST_TEST(!contains(finding_of(std::move(run)), "fall 2"));
}

BOOST_AUTO_TEST_CASE(of_two_name_servers_the_one_that_never_decides_counts) {
  RecordBuilder run = asked(dark_for(39s), Asked::NameServers, 4s);
  run.probe("second", 1, 5s, "dns").kind(SampleKind::Signal).served_by("10.1.0.80");
  run.record().playbook.probes.back().params = Params(json::object{{"server", "10.32.0.53"}});
  run.good("second", "client-us", 0s, 60s, 1);
  BOOST_TEST(contains(finding_of(std::move(run)), "fall 2 x interval 2 s"));
}

BOOST_AUTO_TEST_CASE(a_failover_that_never_came_and_that_nobody_looked_into_names_all_it_could_be) {
  const std::string finding = finding_of(dark_for(39s));
  BOOST_TEST(contains(finding, "fall 2 x interval 2 s"));
  BOOST_TEST(contains(finding, "ttl 6 s"));
}

BOOST_AUTO_TEST_CASE(an_alert_is_no_sign_of_the_name_servers) {
  RecordBuilder run = asked(dark_for(39s), Asked::NameServers, 4s);
  run.probe("alerts", 1, 5s, "prometheus_query").kind(SampleKind::Signal).served_by("quiet");
  run.good("alerts", "client-us", 0s, 60s, 1);
  BOOST_TEST(!contains(finding_of(std::move(run)), "fall 2"));
}

BOOST_AUTO_TEST_CASE(a_stage_that_takes_no_time_by_its_setting_is_never_at_fault) {
  RecordBuilder run = asked(dark_for(39s), Asked::NameServers, 20s);
  run.record().predicted = {{"detect", "the name servers are told", 0s, 0s},
                            {"decide", "forced", 0s, 1s},
                            {"propagate", "ttl 6 s", 0s, 7s}};
  const std::string finding = finding_of(std::move(run));
  BOOST_TEST(contains(finding, "decide (forced)"));
  BOOST_TEST(!contains(finding, "are told"));
}

BOOST_AUTO_TEST_CASE(users_who_keep_answers_on_purpose_are_not_held_against_the_time_to_live) {
  RecordBuilder run = dark_for(8s);
  run.probe("stubborn", 100);
  run.record().playbook.probes.back().params =
      Params(json::object{{"dns", {{"at_least", 15'000'000'000}}}});
  run.good("stubborn", "client-us", 0s, 10s, 100)
      .bad("stubborn", "client-us", 10s, 35s, 100)
      .good("stubborn", "client-us", 35s, 60s, 100)
      .objective("time_to_failover", "readers", 30)
      .objective("time_to_failover", "stubborn", 30);
  const Result result = run.judged();
  BOOST_TEST(*result.prediction->measured_s == 8.0, tt::tolerance(1e-9));
  BOOST_TEST(result.prediction->inside);
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
