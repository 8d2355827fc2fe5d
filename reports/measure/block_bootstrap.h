#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace muster {

/// The requests of one stretch of a run, second by second, for intervals that say how well a
/// percentile of its latency was measured. Neighbouring seconds resemble each other, so whole
/// blocks of them are drawn: 2,000 times, circular, as long as the series itself asks for (Politis
/// and White 2004, as corrected by Patton, Politis and White 2009), within [S^(1/3), S/4].
///
/// Such an interval says nothing about how drills differ from drills, and is still too short where
/// few seconds are (docs/metrics.md); nothing is judged by it.
class LatencyBlocks {
 public:
  /// `seconds` whole seconds; with fewer than 30 there is no interval.
  explicit LatencyBlocks(std::size_t seconds);
  /// A request due in that second; infinity where it failed, which is slower than every answer.
  void add(std::size_t second, double latency_s);
  /// The block length that will be used.
  std::size_t block_length() const;
  /// 95 % intervals of these quantiles of all requests; nothing where there are too few seconds, or
  /// where one end falls among the failed. The same requests and seed give the same intervals.
  std::vector<std::optional<std::pair<double, double>>> intervals(
      const std::vector<double>& quantiles, std::uint64_t seed) const;

 private:
  std::uint32_t& at(std::size_t second, std::size_t bin) { return counts_[second * width_ + bin]; }

  std::size_t seconds_;
  std::size_t width_;
  std::vector<std::uint32_t> counts_;  ///< a row a second, a column a latency of 1 % more
};

}  // namespace muster
