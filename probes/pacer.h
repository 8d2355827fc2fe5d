#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace muster {

/// The open-loop schedule of one probe: when each request is due, whatever became of those before
/// it. Pure.
class Pacer {
 public:
  /// An even grid from `start` on: request n is due at start + n / rate, without a drift. `rate`
  /// per second, > 0.
  static Pacer even(Time start, double rate);
  /// Poisson arrivals of that mean rate; the first is an exponential gap after `start`.
  static Pacer poisson(Time start, double rate, Random random);

  /// When request `number()` is due.
  Time due() const { return due_; }
  /// How many requests came before, from 0.
  std::uint64_t number() const { return number_; }
  void advance();

 private:
  Pacer(Time start, double rate, bool poisson, Random random);

  Time start_;
  double rate_;
  bool poisson_;
  Random random_;
  Time due_;
  std::uint64_t number_ = 0;
};

}  // namespace muster
