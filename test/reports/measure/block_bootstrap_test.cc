#include "reports/measure/block_bootstrap.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <boost/test/unit_test.hpp>

#include "base/random.h"

using namespace muster;

namespace {

double deviate(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.unit())) *
         std::cos(2 * std::numbers::pi * random.unit());
}

/// Latencies around 100 ms whose level wanders from second to second with this correlation.
LatencyBlocks wandering(std::size_t seconds, double correlation, std::uint64_t seed) {
  Random random(seed);
  LatencyBlocks blocks(seconds);
  double level = deviate(random);
  for (std::size_t second = 0; second < seconds; ++second) {
    level = correlation * level + std::sqrt(1 - correlation * correlation) * deviate(random);
    for (int i = 0; i < 50; ++i)
      blocks.add(second, 0.1 * std::exp(0.3 * level + 0.1 * deviate(random)));
  }
  return blocks;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_bootstrap)

BOOST_AUTO_TEST_CASE(fewer_than_thirty_seconds_give_no_interval) {
  BOOST_TEST(!wandering(29, 0, 1).intervals({0.5}, 1)[0].has_value());
  BOOST_TEST(wandering(30, 0, 1).intervals({0.5}, 1)[0].has_value());
}

BOOST_AUTO_TEST_CASE(the_same_requests_and_seed_give_the_same_interval) {
  const LatencyBlocks blocks = wandering(120, 0.9, 3);
  BOOST_TEST((blocks.intervals({0.5, 0.99}, 7) == blocks.intervals({0.5, 0.99}, 7)));
  BOOST_TEST((blocks.intervals({0.5}, 7) != blocks.intervals({0.5}, 8)));
}

BOOST_AUTO_TEST_CASE(a_level_that_wanders_slowly_wants_longer_blocks_and_gives_wider_intervals) {
  const LatencyBlocks steady = wandering(300, 0, 5);
  const LatencyBlocks slow = wandering(300, 0.9, 5);
  BOOST_TEST(steady.block_length() < slow.block_length());
  const auto narrow = *steady.intervals({0.5}, 1)[0];
  const auto wide = *slow.intervals({0.5}, 1)[0];
  BOOST_TEST(std::log(narrow.second / narrow.first) < std::log(wide.second / wide.first));
}

BOOST_AUTO_TEST_CASE(the_length_stays_between_the_cube_root_and_a_quarter) {
  for (const double correlation : {0.0, 0.5, 0.99}) {
    const std::size_t length = wandering(216, correlation, 11).block_length();
    BOOST_TEST(length >= 6U);
    BOOST_TEST(length <= 54U);
  }
}

/// Nominal 95 %; blocks reach less where few seconds resemble each other strongly, and whole
/// requests drawn one by one would reach about half (docs/metrics.md).
BOOST_AUTO_TEST_CASE(the_true_median_is_inside_most_of_the_time) {
  int inside = 0;
  constexpr int kRounds = 60;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const auto interval = *wandering(300, 0.6, 100 + round).intervals({0.5}, round)[0];
    if (interval.first <= 0.1 && 0.1 <= interval.second) ++inside;
  }
  BOOST_TEST(inside >= kRounds * 8 / 10);
}

BOOST_AUTO_TEST_CASE(a_percentile_among_the_failed_has_no_interval) {
  LatencyBlocks blocks = wandering(60, 0, 1);
  for (std::size_t second = 0; second < 60; ++second)
    blocks.add(second, std::numeric_limits<double>::infinity());
  const auto intervals = blocks.intervals({0.5, 0.99}, 1);
  BOOST_TEST(intervals[0].has_value());
  BOOST_TEST(!intervals[1].has_value());
}

BOOST_AUTO_TEST_SUITE_END()
