#pragma once

#include <string>
#include <vector>

#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {

/// How long a service's own start and stop commands may take.
inline constexpr Duration kServiceCommandTimeout = std::chrono::seconds(30);

/// The next change, taking hold of the service's process on this host.
Change& add_process_change(FaultPlan& plan,
                           const FaultContext& context,
                           const StackHost& host,
                           const StackService& service,
                           std::string what);

/// The undo of whatever ends the process: the service's own start, and a process that lives.
void undo_by_start(Change& change, const std::vector<std::string>& start);

/// What losing the service on these hosts means to users. Predicted only for a front door, which
/// the name servers look at, and for a service whose `health` is given: that is what the load
/// balancer checks. One region has lost all of it: its users move. Some servers are left: the load
/// balancer copes; some front doors: nothing is predicted, nor where more than one region has lost
/// all.
std::vector<PredictedStage> predict_lost_processes(const ServiceTargets& targets,
                                                   const Stack& stack,
                                                   CheckFails how);

}  // namespace muster
