#include "store/watchdog.h"

#include <condition_variable>
#include <mutex>

#include <sys/socket.h>

namespace muster {

namespace {

/// Whether the time is over; false where the stop came first.
bool sat_out(const std::stop_token& stop, Duration patience) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, patience, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Watchdog::Watchdog(int socket, Duration patience)
    : thread_([this, socket, patience](const std::stop_token& stop) {
        if (!sat_out(stop, patience)) return;
        barked_ = true;
        ::shutdown(socket, SHUT_RDWR);
      }) {}

}  // namespace muster
