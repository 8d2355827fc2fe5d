#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runner/record/run_store.h"

namespace muster {

struct RecoveredChange {
  std::string run;
  Change change;
  Undone undone;
};

/// Undoes what the given dead run may have left in force, newest first, and journals each outcome;
/// marks the run closed when all is clean. Idempotent; may be killed at any instant and run again.
Task<std::vector<RecoveredChange>> recover_run(RunTrace trace);

}  // namespace muster
