#include "base/clock.h"

#include <boost/asio.hpp>

namespace muster {

namespace asio = boost::asio;

Task<> Clock::sleep_for(Duration length) {
  co_await sleep_until(now() + length);
}

Time SystemClock::now() const {
  return Time(std::chrono::steady_clock::now().time_since_epoch());
}

UtcTime SystemClock::utc_now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Task<> SystemClock::sleep_until(Time at) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           std::chrono::steady_clock::time_point(at.time_since_epoch()));
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace muster
