#include "probes/clock_offset.h"

#include <algorithm>

namespace muster {

namespace {

/// The kernel slews a clock by at most 500 ppm (adjtimex), and here are two.
constexpr std::int64_t kDriftPerSecond = 1'000'000;  // nanoseconds

Duration drift_in(Duration length) {
  const auto micros = std::chrono::ceil<std::chrono::microseconds>(std::chrono::abs(length));
  return Duration(micros.count() * kDriftPerSecond / 1'000'000);
}

}  // namespace

void ClockOffset::add(const Exchange& exchange) {
  const Duration during = drift_in(exchange.heard - exchange.sent);
  Interval found{exchange.answered,
                 exchange.answered.time_since_epoch() - exchange.heard.time_since_epoch() - during,
                 exchange.received.time_since_epoch() - exchange.sent.time_since_epoch() + during};
  if (!known_.empty()) {
    const Interval& before = known_.back();
    const Duration since = drift_in(found.at - before.at);
    const Duration lo = std::max(found.lo, before.lo - since);
    const Duration hi = std::min(found.hi, before.hi + since);
    if (lo <= hi) {
      found.lo = lo;
      found.hi = hi;
    } else {
      ++steps_;
    }
  }
  known_.push_back(found);
}

ClockOffset::Estimate ClockOffset::estimate(const Interval& interval, Duration since) {
  const Duration half = (interval.hi - interval.lo) / 2;
  return {interval.lo + half, half + Duration(1) + drift_in(since)};
}

std::optional<ClockOffset::Estimate> ClockOffset::at(Time agents) const {
  if (known_.empty()) return std::nullopt;
  auto next = std::ranges::upper_bound(known_, agents, {}, &Interval::at);
  if (next != known_.begin()) --next;
  return estimate(*next, agents - next->at);
}

std::optional<ClockOffset::Estimate> ClockOffset::latest() const {
  if (known_.empty()) return std::nullopt;
  return estimate(known_.back(), Duration::zero());
}

}  // namespace muster
