#include "probes/sender.h"

#include <bit>
#include <cmath>

#include <boost/asio/post.hpp>

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr int kBurst = 8;
/// A program that is started blocks the agent until it runs, which takes long on a busy machine.
constexpr Duration kLongestTurn = std::chrono::milliseconds(2);
constexpr Duration kShortestStall = std::chrono::milliseconds(5);

std::size_t bucket_of(std::uint64_t nanoseconds, std::size_t count) {
  if (nanoseconds < 4) return 0;
  const std::size_t octave = std::bit_width(nanoseconds) - 1;
  const auto quarter = (nanoseconds >> (octave - 2)) & 3;
  return std::min(octave * 4 + quarter - 8, count - 1);
}

Duration top_of(std::size_t bucket) {
  const std::size_t quarters = bucket + 9;
  return Duration(static_cast<std::int64_t>((4 + quarters % 4) << (quarters / 4)) / 4);
}

}  // namespace

void LagHistogram::add(Duration lag) {
  lag = std::max(lag, Duration::zero());
  ++counts_[bucket_of(static_cast<std::uint64_t>(lag.count()), counts_.size())];
  ++total_;
  max_ = std::max(max_, lag);
}

Duration LagHistogram::quantile(double q) const {
  if (total_ == 0) return Duration::zero();
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) return std::min(top_of(bucket), max_);
  }
  return max_;
}

Sender::Sender(const Watch& watch, Prober& prober, Pacer pacer, SendTally& tally)
    : watch_(watch), prober_(prober), pacer_(pacer), tally_(tally), timer_(watch.executor) {}

void Sender::start() {
  take_turns();
}

void Sender::stop(Time now) {
  end_ = now;
  timer_.cancel();
}

/// That it is called so late is the machine's doing, not that of the system under test.
void Sender::awake(Time due) {
  const Time now = watch_.clock.now();
  if (now - due > kShortestStall && due <= end_) {
    Sample stall;
    stall.due = stall.sent = due;
    stall.done = now;
    stall.kind = SampleKind::Stall;
    watch_.recorder.record(stall);
  }
  turn();
}

void Sender::turn() {
  if (ended_) return;
  const Time began = watch_.clock.now();
  for (int sent = 0; sent < kBurst; ++sent) {
    const Time now = watch_.clock.now();
    if (now - began > kLongestTurn) break;
    if (pacer_.due() > end_) {
      ended_ = true;
      return;
    }
    if (pacer_.due() > now) {
      timer_.expires_at(asio::steady_timer::time_point(pacer_.due().time_since_epoch()));
      timer_.async_wait(
          [this](boost::system::error_code) { awake(Time(timer_.expiry().time_since_epoch())); });
      return;
    }
    send_next(now);
  }
  take_turns();
}

/// What came meanwhile is looked at before the next is sent.
void Sender::take_turns() {
  asio::post(timer_.get_executor(), [this, from = watch_.clock.now()] { awake(from); });
}

void Sender::send_next(Time now) {
  Due due;
  due.number = pacer_.number();
  due.at = pacer_.due();
  due.client = static_cast<std::uint32_t>(
      due.number % static_cast<std::uint64_t>(std::max(watch_.item.clients, 1)));
  pacer_.advance();
  ++tally_.due;
  if (prober_.in_flight() < prober_.most_in_flight()) {
    ++tally_.sent;
    tally_.lag.add(now - due.at);
    prober_.send(due);
    return;
  }
  ++tally_.not_sent;
  Sample sample;
  sample.due = due.at;
  sample.done = now;
  sample.client = due.client;
  sample.outcome = Outcome::NotSent;
  sample.kind = prober_.sample_kind();
  watch_.recorder.record(sample);
}

}  // namespace muster
