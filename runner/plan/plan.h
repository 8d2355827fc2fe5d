#pragma once

#include <string>
#include <vector>

#include "base/host.h"
#include "drills/playbook.h"
#include "faults/fault.h"

namespace muster {

/// What one inject step would do.
struct PlannedInject {
  std::string step;
  std::string fault;
  FaultPlan plan;
};

/// Plans every inject step of the drill, in order; looks at hosts, touches nothing. Throws Error
/// where a fault cannot be done here, with the place of its step.
Task<std::vector<PlannedInject>> plan_drill(const Drill& drill, Hosts& hosts, std::string run_id);

/// What the step is to do now that its turn has come: `planned`, or where its kind asks for it a
/// plan made anew. Throws Error where that would change something else than what was planned and
/// locked.
Task<PlannedInject> plan_at_its_turn(const Playbook& playbook,
                                     const Stack& stack,
                                     const InjectStep& inject,
                                     Hosts& hosts,
                                     std::string run_id,
                                     PlannedInject planned);

/// The hard deadline of an inject step: what the playbook says, or twice the longest time until its
/// undo can come plus a minute.
Duration hard_deadline(const Playbook& playbook, const InjectStep& inject);

}  // namespace muster
