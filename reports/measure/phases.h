#pragma once

#include <vector>

#include "reports/measure/milestones.h"
#include "reports/result.h"

namespace muster {

/// What the drill went through, one after the other without gaps, cut by the milestones of the
/// leading probe: baseline, undetected (where a signal probe saw it), failing over, failed over
/// ("recovered"), rolling back, restored. A phase that took no time is left out.
std::vector<Result::Phase> phases_of(const Timeline& timeline, const Milestones& milestones);

}  // namespace muster
