#pragma once

#include <string>
#include <vector>

#include "runner/plan/plan.h"

namespace muster {

/// Two regions, us and eu; in each a balancer (lb-us) and two servers of `app` (app1-us, app2-us).
Stack two_regions();
/// A drill on it without any step.
Drill empty_drill();

Step inject_step(std::string name);
Step undo_step(std::string name);
Step parallel_step(std::vector<Step> branches);

/// A fault that says of itself that this region is out.
PlannedInject drain_of(std::string step, std::string region);
/// One that takes hold of the processes of `app` on these hosts.
PlannedInject kill_on(std::string step, const std::vector<std::string>& hosts);

}  // namespace muster
