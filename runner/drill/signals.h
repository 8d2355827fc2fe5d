#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace muster {

/// Calls `handler(signal number)` on the io thread for SIGINT, SIGTERM, SIGHUP and SIGUSR1 while it
/// lives.
class StopSignals {
 public:
  StopSignals(boost::asio::any_io_executor executor, std::function<void(int)> handler);
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster
