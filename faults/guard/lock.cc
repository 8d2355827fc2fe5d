#include "faults/guard/lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace muster::guard {

std::optional<ResourceLock> ResourceLock::take(const Store& store,
                                               const Order& order,
                                               std::string& holder) {
  const std::string path = store.lock_path(order.change);
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.open()) fail_system(path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail_system(path);
    holder = "guard " + read_if_exists(path, 4096).value_or("?");
    return std::nullopt;
  }
  const std::string who =
      std::to_string(::getpid()) + " of run " + order.run_id + ", change " + order.change.id;
  // Only for people: a full disk must not keep a recovery out.
  if (::ftruncate(file.get(), 0) == 0) write_all(file.get(), who);
  return ResourceLock(std::move(file), store.epoch_path(order.change));
}

void ResourceLock::raise_epoch(std::int64_t epoch) {
  const std::int64_t highest = number_in(read_if_exists(epoch_path_, 64).value_or("")).value_or(0);
  if (epoch < highest) {
    throw GuardError("a later run has taken over this resource (epoch " + std::to_string(epoch) +
                     ", seen " + std::to_string(highest) +
                     "); this run must not touch it any more");
  }
  if (epoch > highest) write_durably(epoch_path_, std::to_string(epoch));
}

}  // namespace muster::guard
