#include "reports/measure/replication.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

Sample position(Duration when, double bytes, std::uint16_t role) {
  Sample sample;
  sample.due = sample.sent = sample.done = at(when);
  sample.kind = SampleKind::Gauge;
  sample.value = bytes;
  sample.text = role;
  return sample;
}

/// The primary writes 1000 bytes a second; the replica follows at once, stands still from 10 s to
/// 18 s, and is there again at 20 s. Both are asked every second.
RecordBuilder replica_stuck_for_8_seconds() {
  RecordBuilder run = records();
  run.probe("replication", 1, 5s, "postgres_lag");
  const std::uint16_t primary = run.text("primary");
  const std::uint16_t replica = run.text("replica");
  for (int second = 0; second <= 30; ++second) {
    run.sample("replication", "db-us", position(second * 1s, second * 1000.0, primary));
    const double behind = second < 10 ? second : second < 18 ? 10 : second < 20 ? 15 : second;
    run.sample("replication", "db-eu", position(second * 1s, behind * 1000.0, replica));
  }
  run.fault(10s).undo(18s);
  return run;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replication)

BOOST_AUTO_TEST_CASE(the_lag_is_how_long_ago_the_primary_was_first_beyond_the_replica) {
  const std::vector<Position> primary = {
      {at(0s), 0}, {at(1s), 1000}, {at(2s), 2000}, {at(3s), 2000}};
  const LagPoint level = lag_at({at(3s), 2000}, primary);
  BOOST_TEST(level.bytes == 0.0);
  BOOST_TEST(level.seconds == 0.0);
  const LagPoint behind = lag_at({at(3s), 500}, primary);
  BOOST_TEST(behind.bytes == 1500.0);
  BOOST_TEST(behind.seconds == 2.0, tt::tolerance(1e-9));
  const LagPoint ahead = lag_at({at(1s), 1500}, primary);  // asked a moment later than the primary
  BOOST_TEST(ahead.bytes == 0.0);
  BOOST_TEST(ahead.seconds == 0.0);
}

BOOST_AUTO_TEST_CASE(the_longest_lag_is_known_in_seconds_and_in_bytes) {
  const Result result = replica_stuck_for_8_seconds().judged();
  // At 17 s the replica is at 10000; the primary was beyond that from 11 s on. It is at 17000.
  BOOST_TEST(*metric(result, "replication_lag_max").value == 6.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "replication_lag_bytes_max").value == 7000.0);
}

BOOST_AUTO_TEST_CASE(it_has_caught_up_where_the_primary_was_at_the_undo) {
  const auto& catch_up = metric(replica_stuck_for_8_seconds().judged(), "catch_up_time");
  BOOST_TEST(*catch_up.value == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(*catch_up.lo == 1.0, tt::tolerance(1e-9));
  BOOST_TEST(*catch_up.hi == 2.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_replica_that_never_catches_up_is_censored) {
  RecordBuilder run = replica_stuck_for_8_seconds();
  for (Sample& each : run.series("replication", "db-eu").samples)
    each.value = std::min(each.value, 12000.0);
  BOOST_TEST(metric(run.judged(), "catch_up_time").censored);
}

BOOST_AUTO_TEST_CASE(only_the_replica_has_a_row_and_it_shows_the_bytes_it_lacks) {
  const Result result = replica_stuck_for_8_seconds().judged();
  BOOST_REQUIRE(result.series.rows.size() == 1u);
  BOOST_TEST(result.series.rows[0].vantage == "db-eu");
  const auto fault = static_cast<std::size_t>(-result.series.segments[0].from_s);
  BOOST_TEST(*result.series.rows[0].gauge[fault + 7] == 7000.0);
}

BOOST_AUTO_TEST_SUITE_END()
