#include "reports/history/regression.h"

#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "base/random.h"

namespace muster {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

bool says(const Standing& standing, std::string_view part) {
  return standing.reason.find(part) != std::string::npos;
}

double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * M_PI * random.unit());
}

/// Drills of one system: its failover takes 20 s, and 5 % more or less from drill to drill.
std::vector<double> drills(std::size_t count, double factor, Random& random) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(20 * factor * std::exp(0.05 * normal(random)));
  return values;
}

/// How often such a comparison says "worse".
double share_worse(std::size_t before, std::size_t now, double factor, std::uint64_t seed) {
  Random random(seed);
  constexpr int kRounds = 4000;
  int worse = 0;
  for (int i = 0; i < kRounds; ++i) {
    const Standing standing =
        standing_of(drills(before, 1, random), drills(now, factor, random), StandingRule{});
    if (standing.result == Standing::Result::Worse) ++worse;
  }
  return static_cast<double>(worse) / kRounds;
}

/// Three standard errors of a share of 0.05 among so many rounds.
constexpr double kChance = 0.0104;

}  // namespace

BOOST_AUTO_TEST_SUITE(regression)

BOOST_AUTO_TEST_CASE(without_a_history_nothing_is_said) {
  const Standing standing = standing_of({}, {38}, {});
  BOOST_TEST(name_of(standing.result) == "too-few-runs");
  BOOST_TEST(standing.test == "none");
  BOOST_TEST(!standing.usual.has_value());
  BOOST_TEST(!standing.ratio.has_value());
}

BOOST_AUTO_TEST_CASE(with_a_short_history_there_is_a_ratio_and_no_test) {
  const Standing standing = standing_of({24, 25, 26, 25}, {40}, {});
  BOOST_TEST(name_of(standing.result) == "too-few-runs");
  BOOST_TEST(*standing.ratio == 1.6, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(!standing.p.has_value());
  BOOST_TEST(says(standing, "too few runs to compare with: 4 before, 5 are needed"));
  BOOST_TEST(says(standing, "far beyond the worst of them"));
  BOOST_TEST(!says(standing_of({24, 25, 26, 25}, {30}, {}), "far beyond"));
}

BOOST_AUTO_TEST_CASE(one_drill_far_beyond_what_is_usual_is_worse) {
  const Standing standing = standing_of({24.6, 24.9, 25.3, 25.0, 25.8}, {38.2}, {});
  BOOST_TEST(name_of(standing.result) == "worse");
  BOOST_TEST(standing.test == "prediction-interval");
  BOOST_TEST(*standing.usual == 25.0);
  BOOST_TEST(*standing.ratio > 1.5);
  BOOST_TEST(*standing.lo < *standing.ratio);
  BOOST_TEST(*standing.usual_up_to < 30);
  BOOST_TEST(*standing.p < 0.001);
  BOOST_TEST(says(standing, "5 before"));
}

BOOST_AUTO_TEST_CASE(one_drill_far_below_is_better) {
  BOOST_TEST(name_of(standing_of({24.6, 24.9, 25.3, 25.0, 25.8}, {12}, {}).result) == "better");
}

BOOST_AUTO_TEST_CASE(for_a_hit_ratio_less_is_worse) {
  StandingRule rule;
  rule.higher_is_better = true;
  const std::vector<double> before{0.95, 0.96, 0.95, 0.94, 0.95};
  BOOST_TEST(name_of(standing_of(before, {0.60}, rule).result) == "worse");
  BOOST_TEST(name_of(standing_of({0.60, 0.61, 0.6, 0.59, 0.6}, {0.95}, rule).result) == "better");
  const Standing standing = standing_of(before, {0.60}, rule);
  BOOST_TEST(*standing.ratio == 0.63, boost::test_tools::tolerance(0.01));
  BOOST_TEST(*standing.lo <= *standing.ratio);
  BOOST_TEST(*standing.hi >= *standing.ratio);
}

BOOST_AUTO_TEST_CASE(a_change_that_is_certain_and_too_small_to_matter_is_no_change) {
  const Standing standing =
      standing_of({25.00, 25.01, 24.99, 25.0, 25.0, 25.0, 25.0, 25.0, 25.0, 25.0}, {25.4}, {});
  BOOST_TEST(name_of(standing.result) == "same");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_is_not_called_the_same) {
  const Standing standing = standing_of({15, 35, 20, 30, 25}, {29}, {});
  BOOST_TEST(name_of(standing.result) == "unclear");
}

BOOST_AUTO_TEST_CASE(a_difference_below_what_can_be_measured_is_none) {
  StandingRule rule;
  rule.resolution = 0.05;
  BOOST_TEST(name_of(standing_of({0.05, 0.05, 0.05, 0.05, 0.05}, {0.14}, rule).result) != "worse");
  rule.resolution = 0.001;
  BOOST_TEST(name_of(standing_of({0.05, 0.05, 0.05, 0.05, 0.05}, {0.14}, rule).result) == "worse");
}

BOOST_AUTO_TEST_CASE(from_nothing_to_something_is_worse) {
  StandingRule rule;
  rule.resolution = 0.001;
  BOOST_TEST(name_of(standing_of({0, 0, 0, 0, 0}, {0.2}, rule).result) == "worse");
  BOOST_TEST(name_of(standing_of({0, 0, 0, 0, 0}, {0}, rule).result) == "same");
}

BOOST_AUTO_TEST_CASE(a_few_failures_where_there_were_none_are_not_called_certain) {
  StandingRule rule;
  rule.resolution = 1;
  const Standing standing = standing_of({0, 0, 0, 0, 0}, {4}, rule);
  BOOST_TEST(*standing.p > 0.003);
  BOOST_TEST(*standing.p < 0.02);
}

BOOST_AUTO_TEST_CASE(what_was_never_reached_before_has_no_ratio) {
  const Standing standing = standing_of({kNever, kNever, kNever, kNever, kNever}, {20, 21, 22}, {});
  BOOST_TEST(name_of(standing.result) == "better");
  BOOST_TEST(!standing.ratio.has_value());
  BOOST_TEST(!standing.lo.has_value());
}

BOOST_AUTO_TEST_CASE(so_few_trials_that_many_checks_cannot_stand_are_said_to_be_too_few) {
  std::vector<Standing> standings;
  for (int i = 0; i < 3; ++i)
    standings.push_back(standing_of({20, 21, 22, 20.5, 21.5}, {27, 28, 29}, {}));
  judge_together(standings, 0.05);
  BOOST_TEST(name_of(standings[0].result) == "too-few-runs");
}

BOOST_AUTO_TEST_CASE(a_failover_that_never_was_is_worse_than_any_that_was) {
  const Standing standing = standing_of({24, 25, 26, 25, 24}, {kNever}, {});
  BOOST_TEST(name_of(standing.result) == "worse");
  BOOST_TEST(!standing.ratio.has_value());
}

BOOST_AUTO_TEST_CASE(where_it_sometimes_never_came_nothing_is_usual) {
  const Standing standing = standing_of({24, 25, kNever, 25, 24}, {60}, {});
  BOOST_TEST(name_of(standing.result) == "unclear");
  BOOST_TEST(says(standing, "1 of the 5 runs before never got there"));
}

BOOST_AUTO_TEST_CASE(trials_are_compared_by_their_ranks) {
  const Standing standing = standing_of({20, 21, 22, 20.5, 21.5}, {27, 28, 29}, {});
  BOOST_TEST(standing.test == "mann-whitney-exact");
  BOOST_TEST(name_of(standing.result) == "worse");
  BOOST_TEST(*standing.p == 1.0 / 56, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(*standing.lo > 1.0);
}

BOOST_AUTO_TEST_CASE(too_few_trials_are_said_to_be_too_few) {
  const Standing standing = standing_of({20, 21, 22}, {27, 28, 29}, {});
  BOOST_TEST(name_of(standing.result) == "too-few-runs");
  BOOST_TEST(says(standing, "3 now and 3 before cannot tell a change from chance (least p 0.050)"));
}

BOOST_AUTO_TEST_CASE(one_alarm_among_many_checks_may_be_chance) {
  std::vector<Standing> standings;
  for (int i = 0; i < 8; ++i) standings.push_back(standing_of({24, 25, 26, 25, 24}, {25}, {}));
  standings.push_back(standing_of({24, 25, 26, 25, 24}, {28.2}, {}));
  BOOST_REQUIRE(name_of(standings.back().result) == "worse");
  std::vector<Standing> alone{standings.back()};
  judge_together(alone, 0.05);
  BOOST_TEST(name_of(alone[0].result) == "worse");
  judge_together(standings, 0.05);
  BOOST_TEST(name_of(standings.back().result) == "unclear");
  BOOST_TEST(says(standings.back(), "among 9 checks together it may be chance"));
}

BOOST_AUTO_TEST_CASE(a_system_that_did_not_change_is_seldom_called_worse) {
  for (const std::size_t before : {5U, 8U, 20U})
    BOOST_TEST(share_worse(before, 1, 1, before) <= 0.05 + kChance);
  for (const std::size_t now : {2U, 3U, 5U})
    BOOST_TEST(share_worse(8, now, 1, 100 + now) <= 0.05 + kChance);
}

BOOST_AUTO_TEST_CASE(a_system_that_became_a_quarter_slower_is_seen) {
  BOOST_TEST(share_worse(5, 1, 1.25, 1) > 0.9);
  BOOST_TEST(share_worse(8, 1, 1.25, 2) > 0.95);
  BOOST_TEST(share_worse(8, 3, 1.25, 3) > 0.95);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
