#pragma once

#include <functional>
#include <optional>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"

namespace muster {

/// While a user's requests fail, asks on his behalf beyond the schedule and more often, so that the
/// instant from which he is served again is known finer than the schedule alone would tell. Follows
/// the user who failed last, until he is answered well.
class Lookout {
 public:
  /// `ask` is called `rate` times a second while somebody fails; never with 0.
  Lookout(boost::asio::any_io_executor executor,
          Clock& clock,
          double rate,
          std::function<void(std::uint32_t user)> ask);

  /// What became of a request, of the schedule or of its own.
  void saw(std::uint32_t user, bool failed);
  void stop();

 private:
  void ask_again();

  boost::asio::steady_timer timer_;
  Clock& clock_;
  const double rate_;
  const std::function<void(std::uint32_t user)> ask_;
  std::optional<std::uint32_t> failing_;
  bool asking_ = false;  ///< the timer runs
  bool stopped_ = false;
  Time due_;
};

}  // namespace muster
