#include "runner/drill/signals.h"

#include <csignal>

#include <boost/asio.hpp>

namespace muster {

namespace asio = boost::asio;

struct StopSignals::State {
  State(const asio::any_io_executor& executor, std::function<void(int)> on_signal)
      : signals(executor, SIGINT, SIGTERM, SIGHUP), handler(std::move(on_signal)) {
    signals.add(SIGUSR1);
  }

  asio::signal_set signals;
  std::function<void(int)> handler;

  static void wait(const std::shared_ptr<State>& state) {
    state->signals.async_wait([state](const boost::system::error_code& error, int number) {
      if (error) return;
      state->handler(number);
      wait(state);
    });
  }
};

StopSignals::StopSignals(asio::any_io_executor executor, std::function<void(int)> handler)
    : state_(std::make_shared<State>(executor, std::move(handler))) {
  State::wait(state_);
}

StopSignals::~StopSignals() {
  state_->signals.cancel();
}

}  // namespace muster
