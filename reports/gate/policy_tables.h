#pragma once

#include "drills/schema.h"

namespace muster {

/// The keys at the top of gate.yaml; `services` and `waivers` are read by name and one by one.
const Schema& policy_fields();
/// A drill in a list of `services`; its name alone may stand for it.
const Schema& policy_drill_fields();
const Schema& waiver_fields();

}  // namespace muster
