#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host.h"
#include "runner/record/run_store.h"

namespace muster {

struct RecoveredChange {
  std::string run;
  Change change;
  Undone undone;
};

/// Undoes what the given dead run may have left in force on its hosts, newest first, and journals
/// each outcome; marks the run closed when all is clean. Idempotent; may be killed at any instant
/// and run again. Throws Refused where another drill holds the stack, Error where the journal can
/// not be written: what could be undone is undone even so.
Task<std::vector<RecoveredChange>> recover_run(RunTrace trace, Hosts& hosts, Clock& clock);

}  // namespace muster
