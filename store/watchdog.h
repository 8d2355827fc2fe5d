#pragma once

#include <atomic>
#include <thread>

#include "base/time.h"

namespace muster {

/// Ends a wait for a server that does not answer: when the time is over it shuts the connection
/// down, and the read of libpq that blocks on it returns with an error. Nothing else does: a
/// stopped server does not look at its statement_timeout, and its kernel goes on acknowledging what
/// is sent, so that no timeout of TCP runs out. One for each call, gone before the socket is
/// closed.
class Watchdog {
 public:
  Watchdog(int socket, Duration patience);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  bool has_barked() const { return barked_; }

 private:
  std::atomic<bool> barked_ = false;
  std::jthread thread_;
};

}  // namespace muster
