#include "reports/history/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/test/unit_test.hpp>

#include "base/random.h"

namespace muster {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// The sum of the midranks of `after` among all, by comparing each with each: one half for a tie.
double wins(const std::vector<double>& before, const std::vector<double>& after) {
  double sum = 0;
  for (const double b : after)
    for (const double a : before) sum += b > a ? 1 : b == a ? 0.5 : 0;
  return sum;
}

/// By trying every way to call some of them `after`.
double p_by_enumeration(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> all = before;
  all.insert(all.end(), after.begin(), after.end());
  std::vector<bool> chosen(all.size(), false);
  std::fill(chosen.end() - static_cast<std::ptrdiff_t>(after.size()), chosen.end(), true);
  const double seen = wins(before, after);
  double as_high = 0;
  double ways = 0;
  do {
    std::vector<double> left;
    std::vector<double> right;
    for (std::size_t i = 0; i < all.size(); ++i) (chosen[i] ? right : left).push_back(all[i]);
    if (wins(left, right) >= seen) ++as_high;
    ++ways;
  } while (std::next_permutation(chosen.begin(), chosen.end()));
  return as_high / ways;
}

std::vector<double> some_with_ties(std::size_t count, Random& random) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(random.below(6)));
  return values;
}

double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * M_PI * random.unit());
}

std::vector<double> normals(std::size_t count, double mean, double deviation, Random& random) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(mean + deviation * normal(random));
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(the_bound_of_one_more_drill_is_that_of_the_textbook) {
  // t(4; 0.95) = 2.131847
  const PredictionBound bound = prediction_bound({1, 2, 3, 4, 5}, 3, 0, 0.05);
  BOOST_TEST(bound.mean == 3.0);
  BOOST_TEST(bound.spread == std::sqrt(2.5), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(bound.upper == 3 + 2.131847 * std::sqrt(2.5) * std::sqrt(1.2),
             boost::test_tools::tolerance(1e-6));
  BOOST_TEST(bound.p == 0.5, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(drills_that_agree_by_luck_are_not_taken_to_repeat_perfectly) {
  const PredictionBound bound = prediction_bound({1, 1, 1, 1, 1}, 1.01, 0.03, 0.05);
  BOOST_TEST(bound.spread == 0.03);
  BOOST_TEST(bound.p > 0.3);
}

BOOST_AUTO_TEST_CASE(what_was_never_reached_is_beyond_every_bound) {
  BOOST_TEST(prediction_bound({1, 2, 3, 4, 5}, kNever, 0.03, 0.05).p == 0.0);
}

BOOST_AUTO_TEST_CASE(the_rank_test_is_exact_with_ties_too) {
  BOOST_TEST(rank_test({1, 2, 3, 4, 5}, {6, 7}).p == 1.0 / 21, boost::test_tools::tolerance(1e-12));
  Random random(5);
  for (int i = 0; i < 200; ++i) {
    const std::vector<double> before = some_with_ties(2 + random.below(5), random);
    const std::vector<double> after = some_with_ties(1 + random.below(4), random);
    BOOST_TEST(rank_test(before, after).p == p_by_enumeration(before, after),
               boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(so_few_drills_cannot_give_a_smaller_p) {
  const auto least = [](std::size_t n, std::size_t k) {
    std::vector<double> before(k);
    std::iota(before.begin(), before.end(), 0.0);
    std::vector<double> after(n);
    std::iota(after.begin(), after.end(), 100.0);
    const RankTest test = rank_test(before, after);
    BOOST_TEST(test.p == test.least_p, boost::test_tools::tolerance(1e-12));
    return test.least_p;
  };
  BOOST_TEST(least(1, 10) == 1.0 / 11, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(least(2, 5) == 1.0 / 21, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(least(3, 3) == 1.0 / 20, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(least(3, 8) == 1.0 / 165, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(ranks_do_not_mind_what_was_never_reached) {
  BOOST_TEST(rank_test({1, 2, 3, kNever}, {kNever, kNever}).p ==
                 p_by_enumeration({1, 2, 3, kNever}, {kNever, kNever}),
             boost::test_tools::tolerance(1e-12));
  const Shift shift = shift_between({1, 2, 3}, {kNever, kNever, kNever}, 0.06);
  BOOST_TEST(std::isinf(shift.estimate));
  BOOST_TEST(shift_between({kNever}, {kNever}, 0.05).estimate == 0.0);
}

BOOST_AUTO_TEST_CASE(the_shift_is_the_median_of_all_differences) {
  const Shift shift = shift_between({0, 1, 2}, {10, 11, 13}, 0.051);
  BOOST_TEST(shift.estimate == 10.0);
  // Of 3 and 3 the smallest tail is 1/20: only the outermost differences may be left out.
  BOOST_TEST(shift.lo == 8.0);
  BOOST_TEST(shift.hi == 13.0);
  BOOST_TEST(std::isinf(shift_between({0, 1, 2}, {10, 11, 13}, 0.049).hi));
}

BOOST_AUTO_TEST_CASE(the_interval_of_the_shift_holds_the_truth_as_often_as_it_says) {
  Random random(11);
  int below = 0;
  int above = 0;
  constexpr int kRounds = 4000;
  for (int i = 0; i < kRounds; ++i) {
    const Shift shift = shift_between(normals(8, 0, 1, random), normals(4, 0.7, 1, random), 0.05);
    if (shift.lo > 0.7) ++below;
    if (shift.hi < 0.7) ++above;
  }
  // 0.05 and three standard errors of a share among so many rounds.
  BOOST_TEST(below < kRounds * 0.0604);
  BOOST_TEST(above < kRounds * 0.0604);
  BOOST_TEST(below + above > kRounds * 0.04);
}

BOOST_AUTO_TEST_CASE(many_checks_are_judged_together) {
  const std::vector<double> adjusted = holm({0.04, 0.01, 0.03});
  BOOST_TEST(adjusted[1] == 0.03, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(adjusted[2] == 0.06, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(adjusted[0] == 0.06, boost::test_tools::tolerance(1e-12));  // never below one before
  BOOST_TEST(holm({0.7, 0.9})[1] == 1.0);
  BOOST_TEST(holm({}).empty());
}

BOOST_AUTO_TEST_CASE(a_step_is_found_where_it_is) {
  Random random(3);
  std::vector<double> series = normals(15, 0, 0.05, random);
  for (const double value : normals(6, 0.4, 0.05, random)) series.push_back(value);
  for (const double value : normals(8, 0.1, 0.05, random)) series.push_back(value);
  BOOST_TEST(steps_in(series, {}) == (std::vector<std::size_t>{15, 21}),
             boost::test_tools::per_element());
  BOOST_TEST(steps_in(series, {}) == steps_in(series, {}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_step_too_small_to_matter_is_none) {
  std::vector<double> series(10, 0.0);
  series.resize(20, 0.05);
  BOOST_TEST(steps_in(series, {}).empty());
  StepRule finer;
  finer.least_change = 0.04;
  BOOST_TEST(steps_in(series, finer) == std::vector<std::size_t>{10},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(too_short_a_series_has_no_steps) {
  BOOST_TEST(steps_in({}, {}).empty());
  std::vector<double> eleven(5, 0.0);
  eleven.resize(11, 9.0);
  BOOST_TEST(steps_in(eleven, {}).empty());
  eleven.push_back(9);
  BOOST_TEST(steps_in(eleven, {}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_bad_time_that_was_mended_is_two_steps) {
  Random random(4);
  // Held against all of the rest, neither step is as high as what matters.
  std::vector<double> series = normals(20, std::log(20), 0.01, random);
  for (const double value : normals(20, std::log(23), 0.01, random)) series.push_back(value);
  for (const double value : normals(12, std::log(20), 0.01, random)) series.push_back(value);
  BOOST_TEST(steps_in(series, {}) == (std::vector<std::size_t>{20, 40}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_single_run_that_never_got_there_is_no_step) {
  std::vector<double> series(12, 3.0);
  series[5] = kNever;
  BOOST_TEST(steps_in(series, {}).empty());
  series.insert(series.end(), 6, kNever);
  BOOST_TEST(steps_in(series, {}) == std::vector<std::size_t>{12},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_series_without_a_step_seldom_shows_one) {
  Random random(8);
  int alarms = 0;
  for (int i = 0; i < 200; ++i)
    if (!steps_in(normals(20, 0, 0.05, random), {}).empty()) ++alarms;
  BOOST_TEST(alarms <= 6);  // one in a hundred, and room for chance
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
