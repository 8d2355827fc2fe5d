#include "test/runner/sim_disk.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace muster {

namespace {

std::function<void(int)>& listener_of_journals() {
  static std::function<void(int)> listener;
  return listener;
}

}  // namespace

void on_journal_durable(std::function<void(int)> listener) {
  listener_of_journals() = std::move(listener);
}

}  // namespace muster

/// Stands before the one of the C library.
extern "C" int fdatasync(int file) {
  const auto result = static_cast<int>(::syscall(SYS_fdatasync, file));
  const auto& listener = muster::listener_of_journals();
  if (result == 0 && listener) listener(file);
  return result;
}
