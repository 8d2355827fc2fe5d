#include "probes/lookout.h"

#include <algorithm>

namespace muster {

Lookout::Lookout(boost::asio::any_io_executor executor,
                 Clock& clock,
                 double rate,
                 std::function<void(std::uint32_t user)> ask)
    : timer_(std::move(executor)), clock_(clock), rate_(rate), ask_(std::move(ask)) {}

void Lookout::saw(std::uint32_t user, bool failed) {
  if (rate_ <= 0 || stopped_) return;
  if (failed) failing_ = user;
  if (!failed && failing_ == user) failing_.reset();
  if (!failing_ || asking_) return;
  asking_ = true;
  due_ = clock_.now();
  ask_again();
}

void Lookout::stop() {
  stopped_ = true;
  timer_.cancel();
}

// An instant that was missed is not made up for: what is looked for is when, not how many.
void Lookout::ask_again() {
  due_ = std::max(due_ + from_seconds(1 / rate_), clock_.now());
  timer_.expires_at(boost::asio::steady_timer::time_point(due_.time_since_epoch()));
  timer_.async_wait([this](boost::system::error_code error) {
    asking_ = !error && !stopped_ && failing_;
    if (!asking_) return;
    ask_(*failing_);
    ask_again();
  });
}

}  // namespace muster
