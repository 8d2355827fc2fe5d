#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a later command knows of a lab that is up: $MUSTER_HOME/lab/state.json.
namespace muster::lab {

/// A process that cannot be mistaken for a later one with the same number.
struct ProcessId {
  int pid = 0;
  std::uint64_t start_ticks = 0;  ///< field 22 of /proc/PID/stat

  bool alive() const;  ///< false for a zombie
  /// The process that has this number now; throws Error if there is none.
  static ProcessId of(int pid);
};

struct LabState {
  bool root = false;
  ProcessId supervisor;
  std::map<std::string, ProcessId> hosts;  ///< each host's process 1
  std::map<std::string, std::string> settings;
  std::vector<std::string> only;
};

/// The lab that is up; the file of one whose supervisor is dead is removed silently.
std::optional<LabState> load_state();
void save_state(const LabState& state);
void remove_state();

/// One process of the lab, found in /proc.
struct LabProcess {
  std::vector<int> pids;  ///< its number on this machine, then in each namespace below
  int parent = 0;         ///< on this machine

  int pid() const { return pids.front(); }
};

/// Every living process below `ancestor`, itself included.
std::vector<LabProcess> processes_below(int ancestor);

/// Proportional set size of the processes, in bytes.
std::uint64_t memory_of(const std::vector<LabProcess>& processes);

/// Held while one command changes the lab; Refused if another one does.
class LabLock {
 public:
  LabLock();
  LabLock(const LabLock&) = delete;
  LabLock& operator=(const LabLock&) = delete;
  ~LabLock();

 private:
  int descriptor_ = -1;
};

}  // namespace muster::lab
