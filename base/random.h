#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace muster {

/// A seeded stream of random numbers (SplitMix64): the same seed gives the same numbers on every
/// machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// In [0, limit); limit > 0.
  std::uint64_t below(std::uint64_t limit);
  /// In [0, 1).
  double unit();
  /// Exponential with the given mean, for Poisson arrivals.
  double exponential(double mean);

 private:
  std::uint64_t state_;
};

/// A seed from the kernel's entropy.
std::uint64_t entropy();

/// A ULID: 26 characters of Crockford base 32, sorted by time, never guessable enough to be a
/// secret.
std::string make_run_id(UtcTime now, Random& random);
/// Whether `text` has exactly that form; nothing else ever becomes part of a path.
bool is_run_id(std::string_view text);

}  // namespace muster
