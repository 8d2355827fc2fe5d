#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "drills/stack.h"
#include "runner/plan/plan.h"

namespace muster {

/// Keeps two runs of one machine off one resource, whatever their homes and stacks are called: a
/// lock for each host, as it is reached, and resource. Held while it lives. Locks are files in
/// /run/muster, or the like for an ordinary user, so runs of one user see each other.
class ResourceLocks {
 public:
  explicit ResourceLocks(std::string run_id);
  ResourceLocks(const ResourceLocks&) = delete;
  ResourceLocks& operator=(const ResourceLocks&) = delete;
  /// Leaves the lock files of a run that is still open in its home: who comes next then knows that
  /// something may be in force.
  ~ResourceLocks();

  /// Takes the locks of all that the plan takes hold of. Returns why some cannot be had: another
  /// run holds them, or died without undoing everything. Throws Error where nobody can tell.
  std::vector<std::string> take(const Stack& stack, const std::vector<PlannedInject>& planned);

 private:
  struct Held {
    std::filesystem::path file;
    int descriptor = -1;
    bool ours = false;  ///< our name stands in it, not that of a run that died
  };
  std::string take_one(const std::string& resource);

  std::string run_id_;
  std::vector<Held> held_;
};

/// Takes away what a dead run of this home left of its locks, once nothing of it is open: else its
/// home could not be removed without keeping others from what it drilled. What cannot be taken away
/// stays.
void forget_locks_of(const std::string& run_id);

}  // namespace muster
