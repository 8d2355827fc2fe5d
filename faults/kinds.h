#pragma once

#include "faults/fault.h"

namespace muster {

// `FaultKind drain_region_fault();` and so on, each in its own faults/<kind>.cc.
#define MUSTER_FAULT_KIND(name) FaultKind name##_fault();
#include "faults/kinds.inc"
#undef MUSTER_FAULT_KIND

}  // namespace muster
