#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include <boost/asio.hpp>

#include "base/clock.h"

namespace muster {

/// Virtual time: a sleeper parks on a timer that never fires, and is released in the order of
/// (deadline, arrival) once nothing else can run. A drill of minutes takes milliseconds, and the
/// same seed gives the same bytes.
///
/// Several loops may share it, one for each process that can end on its own. Whoever sleeps may be
/// destroyed with its loop.
class SimClock final : public Clock {
 private:
  struct Sleeper;

 public:
  /// Wakes who sleeps by it before the time; rung while nobody sleeps, it keeps the next one awake.
  class Bell {
   public:
    void ring() {
      rung_ = true;
      if (sleeper_ != nullptr) sleeper_->release();
    }

   private:
    friend class SimClock;
    bool rung_ = false;
    Sleeper* sleeper_ = nullptr;
  };

  /// What a person or a time server does to the clock on the wall.
  struct UtcStep {
    Time at;
    Duration by{};
  };

  explicit SimClock(boost::asio::io_context& loop) : loops_{&loop} {}

  void add(boost::asio::io_context& loop) { loops_.push_back(&loop); }
  void remove(boost::asio::io_context& loop) { std::erase(loops_, &loop); }

  Time now() const override { return now_; }
  UtcTime utc_now() const override {
    Duration shown = now_.time_since_epoch();
    for (const UtcStep& step : utc_steps)
      if (step.at <= now_) shown += step.by;
    return UtcTime(std::chrono::seconds(1'794'700'000)) +
           std::chrono::duration_cast<std::chrono::microseconds>(shown);
  }

  Task<> sleep_until(Time at) override {
    if (at <= now_) co_return;
    Sleeper sleeper(*this, at, nullptr, co_await boost::asio::this_coro::executor);
    co_await sleeper.gate.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!sleeper.released) throw boost::system::system_error(boost::asio::error::operation_aborted);
  }

  /// Until `at` or until `bell` rings. Nobody waits in vain for Time::max(): it never comes.
  Task<> sleep_until(Time at, Bell& bell) {
    if (at > now_ && !bell.rung_) {
      Sleeper sleeper(*this, at, &bell, co_await boost::asio::this_coro::executor);
      co_await sleeper.gate.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (!sleeper.released)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    bell.rung_ = false;
  }

  /// Runs the loops until nobody sleeps and nothing is ready, or somebody calls `halt`; false if
  /// virtual time went past `limit`.
  bool run(Duration limit) {
    halted_ = false;
    for (;;) {
      run_ready();
      if (halted_ || sleeping_.empty()) return true;
      Sleeper* const next = sleeping_.begin()->second;
      if (next->at.time_since_epoch() > limit) return false;
      now_ = next->at;
      next->release();
    }
  }

  /// Ends `run` before anything else happens.
  void halt() {
    halted_ = true;
    for (boost::asio::io_context* const loop : loops_) loop->stop();
  }

  std::vector<UtcStep> utc_steps;

 private:
  using Sleepers = std::multimap<Time, Sleeper*>;

  struct Sleeper {
    Sleeper(SimClock& its_clock, Time until, Bell* its_bell, boost::asio::any_io_executor executor)
        : clock(its_clock),
          at(until),
          bell(its_bell),
          gate(std::move(executor), boost::asio::steady_timer::time_point::max()) {
      if (at != Time::max()) {
        place = clock.sleeping_.emplace(at, this);
        parked = true;
      }
      if (bell != nullptr) bell->sleeper_ = this;
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() { leave(); }

    void release() {
      leave();
      released = true;
      gate.cancel();
    }
    void leave() {
      if (parked) clock.sleeping_.erase(place);
      parked = false;
      if (bell != nullptr) bell->sleeper_ = nullptr;
      bell = nullptr;
    }

    SimClock& clock;
    Time at;
    Bell* bell;
    boost::asio::steady_timer gate;
    Sleepers::iterator place;
    bool parked = false;
    bool released = false;
  };

  void run_ready() {
    for (bool busy = true; busy && !halted_;) {
      busy = false;
      for (std::size_t i = 0; i < loops_.size(); ++i) {
        if (halted_) return;
        loops_[i]->restart();
        if (loops_[i]->poll() > 0) busy = true;
      }
    }
  }

  std::vector<boost::asio::io_context*> loops_;
  Time now_{};
  Sleepers sleeping_;
  bool halted_ = false;
};

}  // namespace muster
