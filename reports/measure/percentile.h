#pragma once

#include <cmath>
#include <cstddef>

namespace muster {

/// The rank, from 1, of the q-quantile of n values in order: the least that q of them do not
/// exceed.
inline std::size_t rank_of(double q, std::size_t n) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(n) - 1e-9));
  return rank < 1 ? 1 : rank > n ? n : rank;
}

/// Whether n values say anything of their q-quantile: one of them must lie beyond it. 100 for p99,
/// 1000 for p999.
inline bool enough_for(double q, std::size_t n) {
  return q >= 1 ? n >= 1 : static_cast<double>(n) * (1 - q) >= 1 - 1e-9;
}

}  // namespace muster
