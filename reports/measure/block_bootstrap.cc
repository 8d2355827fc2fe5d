#include "reports/measure/block_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace muster {

namespace {

constexpr std::size_t kLeastSeconds = 30;
constexpr std::size_t kDraws = 2000;
constexpr double kOutside = 0.025;  ///< on either side
/// From 10 µs to 200 s; below and above are the first and the last, and failed ones behind it.
constexpr double kShortestLatency = 1e-5;
constexpr double kRatio = 1.01;
const auto kBins =
    static_cast<std::size_t>(std::ceil(std::log(200 / kShortestLatency) / std::log(kRatio)));

std::size_t bin_of(double latency_s) {
  if (std::isinf(latency_s)) return kBins;
  const double place =
      std::log(std::max(latency_s, kShortestLatency) / kShortestLatency) / std::log(kRatio);
  return std::min(static_cast<std::size_t>(place), kBins - 1);
}

double middle_of(std::size_t bin) {
  if (bin == kBins) return std::numeric_limits<double>::infinity();
  return kShortestLatency * std::pow(kRatio, static_cast<double>(bin) + 0.5);
}

/// Of a series around its mean, divided by its length.
std::vector<double> covariances(const std::vector<double>& series, std::size_t most) {
  const auto n = static_cast<double>(series.size());
  double mean = 0;
  for (const double value : series) mean += value / n;
  std::vector<double> found(most + 1);
  for (std::size_t lag = 0; lag <= most; ++lag) {
    for (std::size_t i = lag; i < series.size(); ++i)
      found[lag] += (series[i] - mean) * (series[i - lag] - mean) / n;
  }
  return found;
}

/// The flat-top window.
double weight(double t) {
  return t <= 0.5 ? 1 : t <= 1 ? 2 * (1 - t) : 0;
}

/// The lag from which on a run of correlations means nothing.
std::size_t last_telling_lag(const std::vector<double>& covariance, std::size_t run, double n) {
  const double noise = 2 * std::sqrt(std::log10(n) / n) * covariance[0];
  for (std::size_t lag = 1; lag + run <= covariance.size(); ++lag) {
    bool quiet = true;
    for (std::size_t k = 0; k < run; ++k) quiet = quiet && std::abs(covariance[lag + k]) < noise;
    if (quiet) return lag - 1;
  }
  return covariance.size() - 1;
}

/// Politis and White, for circular blocks.
double wanted_length(const std::vector<double>& series) {
  const auto n = static_cast<double>(series.size());
  const auto run = static_cast<std::size_t>(std::max(5.0, std::ceil(std::log10(n))));
  const std::size_t most =
      std::min(static_cast<std::size_t>(std::ceil(std::sqrt(n))) + run, series.size() - 1);
  const std::vector<double> covariance = covariances(series, most);
  if (covariance[0] <= 0) return 1;
  const std::size_t reach =
      std::min(std::max<std::size_t>(2 * last_telling_lag(covariance, run, n), 1), most);
  double spectrum = covariance[0];
  double slope = 0;
  for (std::size_t lag = 1; lag <= reach; ++lag) {
    const double part =
        2 * weight(static_cast<double>(lag) / static_cast<double>(reach)) * covariance[lag];
    spectrum += part;
    slope += part * static_cast<double>(lag);
  }
  const double d = 4.0 / 3 * spectrum * spectrum;
  return d > 0 ? std::cbrt(2 * slope * slope / d * n) : 1;
}

double value_at(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(
      std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

}  // namespace

LatencyBlocks::LatencyBlocks(std::size_t seconds)
    : seconds_(seconds < kLeastSeconds ? 0 : seconds), width_(kBins + 1) {
  counts_.resize(seconds_ * width_);
}

void LatencyBlocks::add(std::size_t second, double latency_s) {
  if (second < seconds_) ++at(second, bin_of(latency_s));
}

std::size_t LatencyBlocks::block_length() const {
  if (seconds_ == 0) return 0;
  std::vector<double> means(seconds_);
  for (std::size_t second = 0; second < seconds_; ++second) {
    double sum = 0;
    double count = 0;
    for (std::size_t bin = 0; bin < width_; ++bin) {
      const double each = counts_[second * width_ + bin];
      sum += each * static_cast<double>(bin);  // a logarithm of the latency
      count += each;
    }
    means[second] = count > 0 ? sum / count : (second > 0 ? means[second - 1] : 0);
  }
  const auto n = static_cast<double>(seconds_);
  return static_cast<std::size_t>(
      std::clamp(std::round(wanted_length(means)), std::ceil(std::cbrt(n)), std::floor(n / 4)));
}

std::vector<std::optional<std::pair<double, double>>> LatencyBlocks::intervals(
    const std::vector<double>& quantiles, std::uint64_t seed) const {
  std::vector<std::optional<std::pair<double, double>>> found(quantiles.size());
  if (seconds_ == 0) return found;

  // Only the columns in use, and twice as many rows as seconds, so that a block that runs over the
  // end is a difference of two rows as well.
  std::vector<std::size_t> used;
  for (std::size_t bin = 0; bin < width_; ++bin) {
    for (std::size_t second = 0; second < seconds_; ++second) {
      if (counts_[second * width_ + bin] == 0) continue;
      used.push_back(bin);
      break;
    }
  }
  if (used.empty()) return found;
  const std::size_t width = used.size();
  std::vector<std::uint32_t> sums((2 * seconds_ + 1) * width);
  for (std::size_t row = 0; row < 2 * seconds_; ++row) {
    for (std::size_t i = 0; i < width; ++i)
      sums[(row + 1) * width + i] =
          sums[row * width + i] + counts_[(row % seconds_) * width_ + used[i]];
  }

  Random random(seed);
  const std::size_t length = block_length();
  std::vector<std::vector<double>> drawn(quantiles.size());
  std::vector<std::uint32_t> total(width);
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    std::ranges::fill(total, 0U);
    for (std::size_t have = 0; have < seconds_; have += length) {
      const std::size_t from = random.below(seconds_);
      const std::uint32_t* begin = &sums[from * width];
      const std::uint32_t* end = &sums[(from + std::min(length, seconds_ - have)) * width];
      for (std::size_t i = 0; i < width; ++i) total[i] += end[i] - begin[i];
    }
    double all = 0;
    for (const std::uint32_t count : total) all += count;
    for (std::size_t q = 0; q < quantiles.size(); ++q) {
      double left = quantiles[q] * all;
      std::size_t i = 0;
      while (i + 1 < width && left > total[i]) left -= total[i++];
      drawn[q].push_back(middle_of(used[i]));
    }
  }
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    std::ranges::sort(drawn[q]);
    const double lo = value_at(drawn[q], kOutside);
    const double hi = value_at(drawn[q], 1 - kOutside);
    if (std::isfinite(hi)) found[q] = std::pair(lo, hi);
  }
  return found;
}

}  // namespace muster
