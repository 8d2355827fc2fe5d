#pragma once

#include <string>

#include <sys/types.h>

#include "faults/guard/identity.h"
#include "faults/guard/record.h"
#include "faults/guard/system.h"

namespace muster::guard {

/// The second line of defence: a process that outlives the guard and undoes from the guard's record
/// what the guard cannot, because it was killed, or was stopped, or hangs. Where systemd is, it
/// also sets a timer that sweeps after both of them, and removes it once the change is clean.
///
/// Each of the two sees the other's end at once. It ends with its guard where nothing is left to
/// do.
class SecondGuard {
 public:
  /// Forks it. To be done before the guard takes its lock: what is forked later would hold it, too.
  /// Throws GuardError where that fails.
  SecondGuard(const Store& store, const Order& order, std::int64_t deadline);

  struct Watching {
    pid_t pid = 0;
    std::string timer;  ///< name of its unit; empty where none could be set
  };
  /// Waits until it looks after this guard; throws GuardError where it does not come to that.
  Watching await() const;
  /// Readable once it has ended, and then only.
  int ended_fd() const { return channel_.get(); }

 private:
  Descriptor channel_;
  pid_t pid_ = 0;
};

}  // namespace muster::guard
