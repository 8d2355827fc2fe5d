#include "runner/serve/scheduled_drill.h"

#include "drills/playbook.h"
#include "runner/catalogue.h"

namespace muster {

std::vector<ScheduledDrill> scheduled_drills(const Settings& settings) {
  std::vector<ScheduledDrill> drills;
  drills.reserve(settings.drills.size());
  for (const ScheduleSettings& each : settings.drills) {
    LoadOptions options;
    options.set = each.set;
    if (!each.stack.empty()) options.stack_file = each.stack;
    const Drill drill = load_drill(each.playbook, catalogue(), options);
    drills.push_back({Schedule(each),
                      drill.playbook.drill,
                      drill.playbook.title,
                      drill.playbook.owner,
                      drill.stack.environment,
                      drill.stack.name});
  }
  return drills;
}

}  // namespace muster
