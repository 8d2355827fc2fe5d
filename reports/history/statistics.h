#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

// How drills differ from drills. One drill is one observation: the requests and seconds inside it
// depend on each other and only say how well that one drill was measured. Values are natural
// logarithms, so that a difference of two is a ratio; +infinity is a time that was not reached.
namespace muster {

/// Of at least one; of an even number the mean of the two in the middle. Infinity counts as what it
/// is.
double median(std::vector<double> values);

/// Nothing for infinity and for what is no number.
std::optional<double> finite(double value);

/// What one more drill like those before would stay below in `1 - alpha` of the cases.
struct PredictionBound {
  double mean = 0;
  double spread = 0;  ///< standard deviation, at least the `least_spread` that was asked for
  double upper = 0;   ///< mean + t(k-1; 1-alpha) * spread * sqrt(1 + 1/k)
  double p = 1;       ///< that one more would be as high as `now` or higher
};
/// Of two values or more, all finite. Source: Hahn and Meeker, Statistical Intervals, section 4.7.
PredictionBound prediction_bound(const std::vector<double>& before,
                                 double now,
                                 double least_spread,
                                 double alpha);

/// The exact one-sided test of Mann and Whitney, with midranks for ties.
struct RankTest {
  double p = 1;        ///< that `after` would rank as high, or higher, by chance
  double least_p = 1;  ///< the smallest that so few drills can give: 1 / C(n + k, n)
};
RankTest rank_test(const std::vector<double>& before, const std::vector<double>& after);

/// By how much `after` is higher: the median of all differences (Hodges and Lehmann), and the
/// interval that leaves at most `alpha` on either side, from the ranks of the same test; without
/// bound where so few cannot give one.
struct Shift {
  double estimate = 0;
  double lo = 0;
  double hi = 0;
};
Shift shift_between(const std::vector<double>& before,
                    const std::vector<double>& after,
                    double alpha);

/// Each p as it counts among all of them (Holm): in the order given.
std::vector<double> holm(const std::vector<double>& p);

/// Where a series begins to be another: the first index of each new level, rising. E-divisive
/// (Matteson and James 2014, exponent 1) with a permutation test; each side has at least three
/// values.
struct StepRule {
  double alpha = 0.01;
  double least_change = 0.0953;  ///< of the means of two neighbouring levels: ln 1.1
  std::size_t least_runs = 12;   ///< in a shorter series none is looked for
  int permutations = 999;
  std::uint64_t seed = 1;  ///< the same series has the same steps
};
std::vector<std::size_t> steps_in(const std::vector<double>& series, const StepRule& rule);

}  // namespace muster
