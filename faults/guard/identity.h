#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include <sys/types.h>

#include "faults/guard/system.h"

namespace muster::guard {

/// Which process it is, so that a later one with the same number is never taken for it.
struct Identity {
  std::int64_t pid = 0;          ///< 0: no process
  std::int64_t start_ticks = 0;  ///< field 22 of /proc/PID/stat, raw; a tick is 10 ms
  /// The kernel's own number of the process, never given twice in one boot: the inode of its pidfd,
  /// since Linux 6.9. 0 where the kernel has none, and two processes of one tick look alike.
  std::int64_t serial = 0;
  std::string boot_id;
  std::string pid_namespace;  ///< "pid:[4026531836]"

  static auto fields(auto& self) {
    return std::tie(self.pid, self.start_ticks, self.serial, self.boot_id, self.pid_namespace);
  }
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// It is certain that it does not run.
class NoSuchProcess : public GuardError {
 public:
  using GuardError::GuardError;
};

std::string boot_id();
/// Throws NoSuchProcess, or GuardError where nobody knows.
Identity identity_of(pid_t pid);
Identity identity_of(const std::string& process);  ///< the same, by what pid_named_by knows

/// A process that is held by a pidfd; signals can reach no other.
class HeldProcess {
 public:
  /// Holds nothing: gone() is true.
  HeldProcess() = default;
  /// Holds the process if it still is the one of `identity`; otherwise it is gone.
  explicit HeldProcess(const Identity& identity);

  bool gone() const;
  /// 0, or errno; ESRCH where it is gone.
  int signal(int number) const;
  /// State letter of /proc/PID/stat: 'T' where stopped, 'Z', 'S' ...; 0 where gone, '?' where it
  /// could not be read.
  char state() const;
  pid_t pid() const { return pid_; }  ///< also where it is gone; 0: of another boot
  int fd() const { return pidfd_.get(); }

 private:
  Descriptor pidfd_;
  pid_t pid_ = 0;
};

/// The number at the beginning of a pid file, or of "pid:N"; 0 where there is none. Needs no
/// memory, as the two below.
pid_t pid_named_by(const std::string& process);
bool is_running(pid_t pid);
/// A pid file is written by its process or by what starts it. Whoever began long after that has the
/// number of one that ended.
bool is_stranger(const std::string& process, pid_t pid);

}  // namespace muster::guard
