#pragma once

#include <optional>
#include <vector>

#include "base/time.h"

namespace muster {

/// Where the clock of an agent's machine stands against the runner's, with a bound that holds.
///
/// The runner sends at t1, the agent hears at t2 and answers at t3 (its clock), the runner hears at
/// t4. Nothing arrives before it was sent, so with the offset o = agent's - runner's
///   t3 - t4 <= o <= t2 - t1
/// whatever the way there and back took, alike or not (Cristian 1989). Every exchange is such an
/// interval; the offset lies in all of them, once each is widened by what two clocks can drift
/// apart meanwhile (Marzullo 1984). Nothing is averaged: a mean has no bound.
class ClockOffset {
 public:
  struct Exchange {
    Time sent;      ///< t1, runner's clock
    Time received;  ///< t2, agent's
    Time answered;  ///< t3, agent's
    Time heard;     ///< t4, runner's
  };
  struct Estimate {
    Duration offset{};  ///< to take from an instant of the agent's clock
    Duration bound{};   ///< the true offset is at most this far from it
  };

  /// Exchanges come in the order in which they were heard.
  void add(const Exchange& exchange);
  /// As it was at an instant of the agent's clock. Nothing before the first exchange.
  std::optional<Estimate> at(Time agents) const;
  /// The latest; nothing before the first exchange.
  std::optional<Estimate> latest() const;
  /// How often an exchange contradicted those before it: one of the clocks was set.
  int steps() const { return steps_; }

 private:
  struct Interval {
    Time at;  ///< agent's clock
    Duration lo{};
    Duration hi{};
  };
  static Estimate estimate(const Interval& interval, Duration since);

  std::vector<Interval> known_;  ///< after each exchange, by time
  int steps_ = 0;
};

}  // namespace muster
