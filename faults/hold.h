#pragma once

#include <string>
#include <vector>

#include "faults/targets.h"

namespace muster {

/// A change that lasts as long as a program of ours lives (faults/hold): the guard keeps it, and it
/// dies with its guard. `words`: what it holds, as `muster-hold --help` says. Its verify is left to
/// the fault; it is gone when no process with its ID is left.
Change& add_hold(FaultPlan& plan,
                 const FaultContext& context,
                 const StackHost& host,
                 std::string what,
                 std::vector<std::string> words);

/// `muster-look WORDS...` on the host.
Operation looking(const FaultContext& context,
                  const StackHost& host,
                  std::vector<std::string> words);

}  // namespace muster
