#pragma once

#include "base/clock.h"

namespace muster {

/// Tells when the wall clock was set, or the machine slept: then it and the clock that only runs
/// forward are apart by more than before. A schedule is a promise about the wall clock, so nothing
/// starts on one that has just moved.
class ClockWatch {
 public:
  explicit ClockWatch(const Clock& clock) : clock_(clock), offset_(offset()) {}

  /// True once after each jump of more than `kMostDrift` since it was last asked.
  bool jumped() {
    const Duration now = offset();
    const Duration moved = now > offset_ ? now - offset_ : offset_ - now;
    offset_ = now;
    return moved > kMostDrift;
  }

  static constexpr Duration kMostDrift = std::chrono::seconds(2);

 private:
  Duration offset() const {
    return clock_.utc_now().time_since_epoch() - clock_.now().time_since_epoch();
  }

  const Clock& clock_;
  Duration offset_;
};

}  // namespace muster
