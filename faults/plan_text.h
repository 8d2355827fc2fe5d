#pragma once

#include <string>

#include "faults/fault.h"

namespace muster {

/// A plan for people: each change with its undo, how both are observed, and the predicted failover.
/// What `muster plan` prints and what the golden plans in test/plans hold. Ends with a newline.
std::string plan_text(const FaultPlan& plan);

}  // namespace muster
