#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reports/measure/percentile.h"
#include "reports/measure/timeline.h"

namespace muster {

/// A percentile of latency, or why there is none.
struct TallyQuantile {
  std::optional<double> seconds;
  bool failed = false;   ///< it falls among the failed requests, which are slower than every answer
  bool too_few = false;  ///< too few requests to say it by
};

/// What became of a set of requests, added in the order due. The definitions that the judgement and
/// the live view share.
struct Tally {
  std::uint64_t due = 0;
  std::uint64_t failed = 0;
  std::uint64_t outages = 0;        ///< unbroken runs of failed requests
  std::vector<Duration> latencies;  ///< of the good ones, from due

  void add(const Sample& request);
  /// Puts the latencies in order; before `latency` is asked.
  void sort();
  std::optional<double> error_ratio() const;
  TallyQuantile latency(double q) const;

 private:
  bool broken_ = false;
};

/// The longest time without a good answer, from `from` to the end of the observation, by `done`.
Duration longest_gap(const Stream& stream, Time from);

}  // namespace muster
