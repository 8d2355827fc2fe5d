#pragma once

#include "drills/schema.h"

namespace muster {

/// The kinds that a playbook may name: those of the rooms faults and probes.
const Catalogue& catalogue();

}  // namespace muster
