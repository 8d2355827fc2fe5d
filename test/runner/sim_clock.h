#pragma once

#include <map>

#include <boost/asio.hpp>

#include "base/clock.h"

namespace muster {

/// Virtual time: a sleeper parks on a timer that never fires, and is released in the order of
/// (deadline, arrival) once nothing else can run. A drill of minutes takes milliseconds, and the
/// same seed gives the same bytes.
class SimClock final : public Clock {
 public:
  explicit SimClock(boost::asio::io_context& loop) : loop_(loop) {}

  Time now() const override { return now_; }
  UtcTime utc_now() const override {
    return UtcTime(std::chrono::seconds(1'794'700'000)) +
           std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch());
  }

  Task<> sleep_until(Time at) override {
    if (at <= now_) co_return;
    boost::asio::steady_timer gate(loop_, boost::asio::steady_timer::time_point::max());
    Sleeper sleeper{&gate, false};
    const auto place = sleeping_.emplace(at, &sleeper);
    co_await gate.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (sleeper.released) co_return;
    sleeping_.erase(place);
    throw boost::system::system_error(boost::asio::error::operation_aborted);
  }

  /// Runs the loop until nobody sleeps and nothing is ready; false if virtual time went past
  /// `limit`.
  bool run(Duration limit) {
    for (;;) {
      loop_.restart();
      loop_.poll();
      if (sleeping_.empty()) return true;
      const auto next = sleeping_.begin();
      if (next->first.time_since_epoch() > limit) return false;
      now_ = next->first;
      Sleeper* sleeper = next->second;
      sleeping_.erase(next);
      sleeper->released = true;
      sleeper->gate->cancel();
    }
  }

 private:
  struct Sleeper {
    boost::asio::steady_timer* gate;
    bool released;
  };
  boost::asio::io_context& loop_;
  Time now_{};
  std::multimap<Time, Sleeper*> sleeping_;
};

}  // namespace muster
