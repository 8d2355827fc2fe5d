#include "reports/history/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

#include "base/random.h"

namespace muster {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

/// Ranks from 1, doubled so that those of ties are whole numbers too.
std::vector<std::size_t> doubled_midranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<std::size_t> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (std::size_t i = first; i < end; ++i) ranks[order[i]] = first + 1 + end;
    first = end;
  }
  return ranks;
}

/// counts[m][s]: how many ways there are to choose m of the ranks with the sum s. Whole numbers,
/// exact up to 2^53: some fifty drills.
std::vector<std::vector<double>> ways_to_choose(const std::vector<std::size_t>& ranks,
                                                std::size_t most) {
  const std::size_t total = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
  std::vector<std::vector<double>> counts(most + 1, std::vector<double>(total + 1, 0.0));
  counts[0][0] = 1;
  for (const std::size_t rank : ranks) {
    for (std::size_t m = most; m > 0; --m) {
      for (std::size_t sum = total; sum >= rank; --sum) counts[m][sum] += counts[m - 1][sum - rank];
    }
  }
  return counts;
}

/// How many of the n * k differences may be left out on either side.
std::size_t left_out(std::size_t n, std::size_t k, double alpha) {
  std::vector<std::size_t> ranks(n + k);
  std::iota(ranks.begin(), ranks.end(), std::size_t{1});
  const std::vector<double> sums = ways_to_choose(ranks, n)[n];
  const double all = std::accumulate(sums.begin(), sums.end(), 0.0);
  const std::size_t least = n * (n + 1) / 2;
  double below = 0;
  std::size_t out = 0;
  for (std::size_t u = 0; u < n * k; ++u) {
    below += sums[least + u];
    if (below > alpha * all) break;
    out = u + 1;
  }
  return out;
}

double median_of_sorted(const std::vector<double>& sorted) {
  const double high = sorted[sorted.size() / 2];
  if (sorted.size() % 2 == 1) return high;
  const double low = sorted[sorted.size() / 2 - 1];
  return std::isinf(low) && std::isinf(high) && low != high ? 0 : (low + high) / 2;
}

// ---- steps

constexpr std::size_t kLeastSide = 3;

struct Split {
  std::size_t at = 0;  ///< first of the right side; 0: the series is too short
  double height = 0;
};

/// The split that tells the two sides apart best. Sums of distances within the sides are kept up to
/// date while the border moves, so that the whole costs n squared.
Split best_split(const std::vector<double>& values) {
  const std::size_t n = values.size();
  Split best;
  if (n < 2 * kLeastSide) return best;
  const auto distances = [&](std::size_t of, std::size_t from, std::size_t to) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += std::abs(values[of] - values[i]);
    return sum;
  };
  double left = 0;
  double right = 0;
  double between = 0;
  for (std::size_t i = 0; i < n; ++i) right += distances(i, i + 1, n);
  for (std::size_t border = 1; border + kLeastSide <= n; ++border) {
    const std::size_t moved = border - 1;
    const double to_left = distances(moved, 0, moved);
    const double to_right = distances(moved, border, n);
    left += to_left;
    right -= to_right;
    between += to_right - to_left;
    if (border < kLeastSide) continue;
    const auto a = static_cast<double>(border);
    const auto b = static_cast<double>(n - border);
    const double energy =
        2 * between / (a * b) - 2 * left / (a * (a - 1)) - 2 * right / (b * (b - 1));
    const double height = a * b / (a + b) * energy;
    if (best.at == 0 || height > best.height) best = {border, height};
  }
  return best;
}

void shuffle(std::vector<double>& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

bool is_by_chance(std::vector<double> values, double height, const StepRule& rule, Random& random) {
  int as_high = 0;
  for (int i = 0; i < rule.permutations; ++i) {
    shuffle(values, random);
    // The same two sides, summed in another order, differ in the last digit.
    if (best_split(values).height >= height * (1 - 1e-9)) ++as_high;
    // More of them change nothing any more.
    if ((as_high + 1) > rule.alpha * (rule.permutations + 1)) return true;
  }
  return false;
}

void find_steps(const std::vector<double>& values,
                std::size_t offset,
                const StepRule& rule,
                Random& random,
                std::vector<std::size_t>& found) {
  const Split split = best_split(values);
  if (split.at == 0) return;
  const auto border = values.begin() + static_cast<std::ptrdiff_t>(split.at);
  const std::vector<double> left(values.begin(), border);
  const std::vector<double> right(border, values.end());
  if (is_by_chance(values, split.height, rule, random)) return;
  find_steps(left, offset, rule, random, found);
  found.push_back(offset + split.at);
  find_steps(right, offset + split.at, rule, random, found);
}

/// What was never reached lies beyond everything that was, and not infinitely far.
std::vector<double> all_finite(std::vector<double> series) {
  double highest = -kInfinity;
  for (const double value : series)
    if (std::isfinite(value)) highest = std::max(highest, value);
  if (std::isinf(highest)) highest = 0;  // none was reached
  for (double& value : series)
    if (std::isinf(value)) value = highest + std::log(2.0);
  return series;
}

/// How high each step is, from the mean of the level before it to that of the level it begins.
std::vector<double> heights_of(const std::vector<double>& series,
                               const std::vector<std::size_t>& steps) {
  std::vector<double> heights;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto at = [&](std::size_t index) {
      return series.begin() + static_cast<std::ptrdiff_t>(index);
    };
    const auto before = at(i == 0 ? 0 : steps[i - 1]);
    const auto after = at(i + 1 == steps.size() ? series.size() : steps[i + 1]);
    heights.push_back(std::abs(mean_of({at(steps[i]), after}) - mean_of({before, at(steps[i])})));
  }
  return heights;
}

/// One at a time: two small ones beside each other may be one that matters.
void drop_small_steps(const std::vector<double>& series,
                      double least_change,
                      std::vector<std::size_t>& steps) {
  while (!steps.empty()) {
    const std::vector<double> heights = heights_of(series, steps);
    const auto smallest = std::ranges::min_element(heights);
    if (*smallest >= least_change) return;
    steps.erase(steps.begin() + (smallest - heights.begin()));
  }
}

}  // namespace

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

PredictionBound prediction_bound(const std::vector<double>& before,
                                 double now,
                                 double least_spread,
                                 double alpha) {
  const auto k = static_cast<double>(before.size());
  PredictionBound bound;
  bound.mean = mean_of(before);
  bound.spread = std::max(deviation_of(before, bound.mean), least_spread);
  const boost::math::students_t t(k - 1);
  const double unit = bound.spread * std::sqrt(1 + 1 / k);
  bound.upper = bound.mean + boost::math::quantile(t, 1 - alpha) * unit;
  if (std::isinf(now)) {
    bound.p = now > 0 ? 0 : 1;
  } else {
    bound.p = boost::math::cdf(boost::math::complement(t, (now - bound.mean) / unit));
  }
  return bound;
}

RankTest rank_test(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> all = after;
  all.insert(all.end(), before.begin(), before.end());
  const std::vector<std::size_t> ranks = doubled_midranks(all);
  const std::size_t n = after.size();
  std::size_t seen = 0;
  for (std::size_t i = 0; i < n; ++i) seen += ranks[i];
  const std::vector<double> sums = ways_to_choose(ranks, n)[n];
  const double ways = std::accumulate(sums.begin(), sums.end(), 0.0);
  const double as_high =
      std::accumulate(sums.begin() + static_cast<std::ptrdiff_t>(seen), sums.end(), 0.0);
  return {as_high / ways, 1 / ways};
}

Shift shift_between(const std::vector<double>& before,
                    const std::vector<double>& after,
                    double alpha) {
  std::vector<double> differences;
  for (const double b : after) {
    // Two that were not reached do not differ.
    for (const double a : before) differences.push_back(a == b ? 0 : b - a);
  }
  std::ranges::sort(differences);
  Shift shift{median_of_sorted(differences), -kInfinity, kInfinity};
  const std::size_t out = left_out(after.size(), before.size(), alpha);
  if (out > 0) {
    shift.lo = differences[out - 1];
    shift.hi = differences[differences.size() - out];
  }
  return shift;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, std::min(1.0, p[order[i]] * static_cast<double>(p.size() - i)));
    adjusted[order[i]] = least;
  }
  return adjusted;
}

std::vector<std::size_t> steps_in(const std::vector<double>& series, const StepRule& rule) {
  std::vector<std::size_t> found;
  if (series.size() < rule.least_runs) return found;
  Random random(rule.seed);
  const std::vector<double> values = all_finite(series);
  find_steps(values, 0, rule, random, found);
  drop_small_steps(values, rule.least_change, found);
  return found;
}

}  // namespace muster
