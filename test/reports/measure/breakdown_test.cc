#include "reports/measure/breakdown.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// Hit 0.1 s after the fault at 10 s, well again 8 s after it; 100/s.
RecordBuilder slow_failover(Duration slow_until = 18s) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10100ms, 100)
      .bad("readers", "client-us", 10100ms, 18s, 100)
      .good("readers", "client-us", 18s, slow_until, 100, 40ms)
      .good("readers", "client-us", slow_until, 40s, 100)
      .fault(10s)
      .undo(35s);
  return run;
}

/// A DNS probe that answers with another text from `turn` on.
void signal(RecordBuilder& run, const std::string& name, Duration turn, bool authoritative) {
  run.kind(SampleKind::Signal).served_by("us-east");
  run.good(name, "client-us", 0s, turn, 10).served_by("eu-west");
  run.good(name, "client-us", turn, 40s, 10).served_by("").kind(SampleKind::Request);
  for (ProbeSpec& probe : run.record().playbook.probes) {
    if (probe.name != name) continue;
    probe.kind = "dns";
    json::object values{{"name", "www.test"}};
    if (authoritative) values["server"] = "10.0.0.1";
    probe.params = Params(values);
  }
}

std::vector<std::string> names_of(const Result& result) {
  std::vector<std::string> names;
  for (const auto& stage : result.breakdown) names.push_back(stage.name);
  return names;
}

double took(const Result& result, const std::string& name) {
  for (const auto& stage : result.breakdown)
    if (stage.name == name) return stage.to_s - stage.from_s;
  return -1;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(breakdown)

BOOST_AUTO_TEST_CASE(without_a_signal_probe_all_after_the_impact_is_one_stage) {
  const Result result = slow_failover().judged();
  BOOST_TEST((names_of(result) == Names{"impact", "detect, decide, propagate"}));
  BOOST_TEST(took(result, "impact") == 0.1, tt::tolerance(1e-9));
  BOOST_TEST(took(result, "detect, decide, propagate") == 7.9, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(signals_split_it_where_they_turn) {
  RecordBuilder run = slow_failover();
  signal(run, "authority", 13s, true);
  signal(run, "names", 16s, false);
  const Result result = run.judged();
  BOOST_TEST(
      (names_of(result) ==
       Names{"impact", "detect, decide", "propagate to the resolver", "propagate to the users"}));
  // A turn is seen when its answer has come, 2 ms after it was asked.
  BOOST_TEST(took(result, "detect, decide") == 2.902, tt::tolerance(1e-9));
  BOOST_TEST(took(result, "propagate to the resolver") == 3.0, tt::tolerance(1e-9));
  BOOST_TEST(took(result, "propagate to the users") == 1.998, tt::tolerance(1e-9));
  const auto& decided = result.breakdown[1];
  BOOST_TEST(decided.lo <= 2.902);
  BOOST_TEST(decided.hi >= 2.902);
}

BOOST_AUTO_TEST_CASE(the_stages_follow_each_other_without_a_gap_and_end_with_the_failover) {
  RecordBuilder run = slow_failover();
  signal(run, "names", 16s, false);
  const Result result = run.judged();
  double at = 0;
  for (const auto& stage : result.breakdown) {
    BOOST_TEST(stage.from_s == at, tt::tolerance(1e-9));
    at = stage.to_s;
  }
  BOOST_TEST(at == *milestone(result, "failover").value, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_turn_that_was_seen_just_after_the_first_user_was_served_is_why_he_was) {
  RecordBuilder run = slow_failover();
  signal(run, "authority", 13s, true);
  signal(run, "names", 18020ms, false);  // asked before at 17.92 s
  BOOST_TEST(
      (names_of(run.judged()) == Names{"impact", "detect, decide", "propagate to the resolver"}));
}

BOOST_AUTO_TEST_CASE(a_sign_that_comes_after_the_users_were_served_explains_nothing) {
  RecordBuilder run = slow_failover();
  signal(run, "names", 20s, false);
  BOOST_TEST((names_of(run.judged()) == Names{"impact", "detect, decide, propagate"}));
}

BOOST_AUTO_TEST_CASE(answers_that_are_slow_at_first_are_the_warm_up) {
  const Result result = slow_failover(21s).judged();
  // Half of the second that begins then is quick.
  BOOST_TEST(took(result, "warm up") == 2.5, tt::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(what_the_last_user_needed_to_connect_again_is_a_stage) {
  RecordBuilder run = slow_failover();
  auto& samples = run.series("readers", "client-us").samples;
  for (Sample& sample : samples) {
    if (sample.due < at(18s)) continue;
    sample.dns_us = 300;
    sample.connect_us = 700;
    sample.tls_us = 4000;
    break;
  }
  BOOST_TEST(took(run.judged(), "reconnect") == 0.005, tt::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(where_nobody_was_hit_or_the_failover_was_not_seen_there_is_none) {
  const Result unhurt =
      records().good("readers", "client-us", 0s, 40s, 100).fault(10s).undo(30s).judged();
  BOOST_TEST(unhurt.breakdown.empty());
  const Result never = records()
                           .good("readers", "client-us", 0s, 10s, 100)
                           .bad("readers", "client-us", 10s, 30s, 100)
                           .good("readers", "client-us", 30s, 40s, 100)
                           .fault(10s)
                           .undo(30s)
                           .judged();
  BOOST_TEST(never.breakdown.empty());
}

BOOST_AUTO_TEST_SUITE_END()
