#pragma once

#include <string>

#include <sys/types.h>

namespace muster {

/// Names one process for good: a pid alone is reused.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< /proc/PID/stat field 22
  std::string boot_id;
};

ProcessIdentity this_process();
/// Whether exactly that process still lives on this machine.
bool is_alive(const ProcessIdentity& identity);

}  // namespace muster
