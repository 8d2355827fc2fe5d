#pragma once

#include <string>
#include <vector>

#include "runner/plan/plan.h"

namespace muster {

/// "sha256:..." over all that would be done: drill, stack and environment; the steps in their order
/// with their lengths; every change with what applies and what undoes it, and how its host is
/// reached; the conditions that keep it from starting or stop it. What an approval is bound to.
/// Not in it: what hosts only said when they were looked at (`what`, `verify`), titles, probes,
/// objectives.
std::string hash_of_plan(const Drill& drill, const std::vector<PlannedInject>& planned);

/// The same of the drill as it would be planned now, independent of the run; looks at hosts,
/// touches nothing.
Task<std::string> plan_hash(const Drill& drill, Hosts& hosts);

}  // namespace muster
