#pragma once

#include <array>
#include <cstdint>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "probes/pacer.h"
#include "probes/prober.h"

namespace muster {

/// How late the requests of an agent left: counts in buckets of a quarter of an octave (at most 19
/// % too high).
class LagHistogram {
 public:
  void add(Duration lag);
  /// The lag that the share `q` of all requests did not exceed; 0 where there were none.
  Duration quantile(double q) const;
  Duration max() const { return max_; }

 private:
  std::array<std::uint64_t, 160> counts_{};
  std::uint64_t total_ = 0;
  Duration max_{};
};

/// What all senders of an agent count together.
struct SendTally {
  std::uint64_t due = 0;
  std::uint64_t sent = 0;
  std::uint64_t not_sent = 0;
  LagHistogram lag;
};

/// Sends the requests of one prober when they are due. None is skipped: what cannot be sent,
/// because too many are in flight, is recorded as NotSent. At most a few a turn, then whatever came
/// in is read, so that a backlog never keeps the agent from seeing answers. When the machine lets
/// it stand still it records a Stall.
class Sender {
 public:
  Sender(const Watch& watch, Prober& prober, Pacer pacer, SendTally& tally);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void start();
  /// Nothing due after `now` is sent any more; what was due before still is.
  void stop(Time now);
  bool ended() const { return ended_; }

 private:
  void awake(Time due);
  void turn();
  void take_turns();
  void send_next(Time now);

  const Watch& watch_;
  Prober& prober_;
  Pacer pacer_;
  SendTally& tally_;
  boost::asio::steady_timer timer_;
  Time end_ = Time::max();
  bool ended_ = false;
};

}  // namespace muster
