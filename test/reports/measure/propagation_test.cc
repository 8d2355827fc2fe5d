#include "reports/measure/propagation.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// A run of one probe that does something each round and looks for it. The fault comes at 10 s.
class RoundsRun {
 public:
  explicit RoundsRun(const std::string& kind) {
    run_.probe("rounds", 1, 5s, kind).fault(10s).undo(20s);
  }

  /// Acknowledged at `when`; the last look without it left `not_yet` after, the first with it was
  /// answered `shown` after.
  RoundsRun& shown(const std::string& place, Duration when, Duration not_yet, Duration shown) {
    return sighting(place, when, not_yet, shown, Outcome::Good, to_seconds(shown));
  }
  /// Known not to be shown for `not_yet`, and given up after 30 s.
  RoundsRun& never(const std::string& place, Duration when, Duration not_yet) {
    return sighting(place, when, not_yet, 30s, Outcome::Timeout, to_seconds(not_yet));
  }
  RoundsRun& untold(const std::string& place, Duration when) {
    return sighting(place, when, 0s, 30s, Outcome::Unreachable, 0);
  }
  RoundsRun& read_back(const std::string& place,
                       int number,
                       Duration when,
                       Outcome outcome,
                       std::uint16_t status = 200) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = at(when + 5ms);
    sample.value = number;
    sample.status = status;
    sample.text = run_.text(place);
    sample.outcome = outcome;
    sample.kind = SampleKind::ReadBack;
    run_.sample("rounds", "me", sample);
    return *this;
  }
  RoundsRun& objective(const std::string& metric, double max) {
    run_.objective(metric, "rounds", max);
    return *this;
  }
  Result judged() { return run_.judged(); }

 private:
  RoundsRun& sighting(const std::string& place,
                      Duration when,
                      Duration not_yet,
                      Duration until,
                      Outcome outcome,
                      double value) {
    Sample sample;
    sample.due = at(when - 20ms);
    sample.sent = at(when + not_yet);
    sample.done = at(when + until);
    sample.value = value;
    sample.text = run_.text(place);
    sample.outcome = outcome;
    sample.kind = SampleKind::Gauge;
    run_.sample("rounds", "me", sample);
    return *this;
  }

  RecordBuilder run_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(propagation)

BOOST_AUTO_TEST_CASE(the_delay_is_that_of_the_slowest_place_and_lies_between_two_looks) {
  const Result result = RoundsRun("denylist")
                            .shown("us-east", 12s, 0ms, 3ms)
                            .shown("eu-west", 12s, 1800ms, 2003ms)
                            .shown("eu-west", 14s, 200ms, 254ms)
                            .judged();
  const Result::Metric delay = metric(result, "revocation_delay");
  BOOST_TEST(*delay.value == 2.003, tt::tolerance(1e-9));
  BOOST_TEST(*delay.lo == 1.8, tt::tolerance(1e-9));
  BOOST_TEST(*delay.hi == 2.003, tt::tolerance(1e-9));
  BOOST_TEST(!delay.censored);
  BOOST_TEST(*metric(result, "revocation_delay", "me").value == 2.003, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(each_place_has_a_line_of_its_own_which_survives_the_file) {
  const Result judged = RoundsRun("denylist")
                            .shown("us-east", 12s, 0ms, 3ms)
                            .shown("eu-west", 12s, 1800ms, 2s)
                            .never("eu-west", 13s, 29s)
                            .untold("eu-west", 14s)
                            .judged();
  const Result result = result_from_json(to_json(judged));
  BOOST_REQUIRE(result.place_delays.size() == 2U);
  const Result::PlaceDelay& eu = result.place_delays[0];
  BOOST_TEST(eu.place == "eu-west");
  BOOST_TEST(eu.metric == "revocation_delay");
  BOOST_TEST(eu.vantage == "me");
  BOOST_TEST(eu.rounds == 3U);
  BOOST_TEST(eu.never == 1U);
  BOOST_TEST(eu.untold == 1U);
  BOOST_TEST(*eu.p50 == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*eu.longest == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*result.place_delays[1].longest == 0.003, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(what_was_never_shown_is_censored_and_misses_every_budget) {
  const Result result = RoundsRun("denylist")
                            .shown("us-east", 12s, 0ms, 3ms)
                            .never("eu-west", 12s, 29800ms)
                            .objective("revocation_delay", 60)
                            .judged();
  const Result::Metric delay = metric(result, "revocation_delay");
  BOOST_TEST(delay.censored);
  BOOST_TEST(*delay.value == 29.8, tt::tolerance(1e-9));
  BOOST_TEST(!delay.hi.has_value());
  BOOST_TEST(delay.verdict == "fail");
}

BOOST_AUTO_TEST_CASE(a_place_that_could_not_be_asked_is_no_delay_but_is_said) {
  const Result result =
      RoundsRun("denylist").shown("us-east", 12s, 0ms, 3ms).untold("eu-west", 12s).judged();
  const Result::Metric delay = metric(result, "revocation_delay");
  BOOST_TEST(*delay.value == 0.003, tt::tolerance(1e-9));
  BOOST_TEST(delay.reason == "of 1 nothing could be told in 2 looks");
}

BOOST_AUTO_TEST_CASE(where_nothing_could_be_told_there_is_nothing_to_judge_by) {
  const Result result =
      RoundsRun("denylist").untold("eu-west", 12s).objective("revocation_delay", 5).judged();
  BOOST_TEST(!metric(result, "revocation_delay").value.has_value());
  BOOST_TEST(metric(result, "revocation_delay").verdict == "inconclusive");
}

BOOST_AUTO_TEST_CASE(rounds_that_were_over_before_the_fault_do_not_count_those_it_caught_do) {
  const Result result = RoundsRun("denylist")
                            .shown("eu-west", 5s, 2s, 3s)       // over at 8 s
                            .shown("eu-west", 9900ms, 0ms, 1s)  // caught by the fault
                            .judged();
  BOOST_TEST(*metric(result, "revocation_delay").value == 1.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_token_that_is_let_in_again_counts_each_time) {
  const Result result = RoundsRun("denylist")
                            .shown("eu-west", 12s, 0ms, 1s)
                            .read_back("eu-west", 1, 9s, Outcome::WrongBody)  // before the fault
                            .read_back("eu-west", 1, 14s, Outcome::Good, 401)
                            .read_back("eu-west", 1, 15s, Outcome::WrongBody)
                            .read_back("eu-west", 2, 16s, Outcome::WrongBody)
                            .read_back("us-east", 2, 16s, Outcome::Refused, 0)
                            .judged();
  const Result::Metric accepted = metric(result, "revoked_accepted");
  BOOST_TEST(*accepted.value == 2.0);
  BOOST_TEST(*accepted.hi == 2.0);
  BOOST_TEST(accepted.unit == "count");
}

BOOST_AUTO_TEST_CASE(where_no_token_could_be_asked_again_nobody_claims_that_none_was_let_in) {
  const Result result = RoundsRun("denylist")
                            .shown("eu-west", 12s, 0ms, 1s)
                            .read_back("eu-west", 1, 14s, Outcome::Timeout, 0)
                            .judged();
  BOOST_TEST(!metric(result, "revoked_accepted").value.has_value());
}

BOOST_AUTO_TEST_CASE(
    objects_are_lost_where_every_place_lacks_them_and_corrupt_where_one_shows_another) {
  const Result result = RoundsRun("object_store")
                            .shown("eu-west", 12s, 1s, 2s)
                            .read_back("us-east", 1, 30s, Outcome::WrongBody, 404)  // lost
                            .read_back("eu-west", 1, 30s, Outcome::WrongBody, 404)
                            .read_back("us-east", 2, 30s, Outcome::WrongBody, 404)  // kept
                            .read_back("eu-west", 2, 30s, Outcome::Good)
                            .read_back("us-east", 3, 30s, Outcome::WrongBody, 404)  // who knows
                            .read_back("eu-west", 3, 30s, Outcome::Refused, 0)
                            .read_back("us-east", 4, 30s, Outcome::WrongBody, 200)  // corrupt
                            .read_back("eu-west", 4, 30s, Outcome::Good)
                            .judged();
  BOOST_TEST(*metric(result, "replicated_read_delay").value == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "corrupt_reads").value == 1.0);
  const Result::Metric lost = metric(result, "lost_objects");
  BOOST_TEST(*lost.value == 1.0);
  BOOST_TEST(*lost.lo == 1.0);
  BOOST_TEST(*lost.hi == 2.0);
}

BOOST_AUTO_TEST_CASE(an_edge_that_publishes_nothing_has_no_delay) {
  const Result result = RoundsRun("cdn").read_back("us", 1, 12s, Outcome::Good).judged();
  for (const Result::Metric& each : result.metrics) BOOST_TEST(each.id != "purge_delay");
}

BOOST_AUTO_TEST_CASE(delays_are_no_lag_of_a_replica) {
  const Result result = RoundsRun("denylist").shown("eu-west", 12s, 0ms, 1s).judged();
  for (const Result::Metric& each : result.metrics) BOOST_TEST(each.id != "replication_lag_max");
}

BOOST_AUTO_TEST_SUITE_END()
