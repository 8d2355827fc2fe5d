#pragma once

#include <string>
#include <vector>

#include "base/tasks.h"

namespace muster {

/// Why a run has to end before its time.
struct Pull {
  std::string reason;
  bool by_person = false;  ///< somebody asked for it: aborted; else interrupted
};

/// What a run hangs on that nobody watches at a terminal: a claim that can be lost, a window that
/// can close, a server that can go.
class Leash {
 public:
  virtual ~Leash() = default;
  /// Every reason why nothing may be broken now; empty: it may. Asked the moment before each fault;
  /// whoever could not look has a reason.
  virtual Task<std::vector<std::string>> why_not_inject(std::string run_id) = 0;
  /// Returns when the run has to end; lasts as long as the run otherwise.
  virtual Task<Pull> pulled() = 0;
};

}  // namespace muster
