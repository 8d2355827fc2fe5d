#include "runner/serve/scheduled_drill.h"

#include <fmt/format.h>

#include "base/error.h"
#include "drills/playbook.h"
#include "runner/catalogue.h"

namespace muster {

namespace {

/// The playbook's own mistakes have their places in it; here is who asked for it.
Drill drill_of(const ScheduleSettings& settings) {
  LoadOptions options;
  options.set = settings.set;
  if (!settings.stack.empty()) options.stack_file = settings.stack;
  try {
    return load_drill(settings.playbook, catalogue(), options);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format(
        "{}: drill '{}' cannot be read:\n{}", settings.where.text(), settings.name, error.what()));
  }
}

}  // namespace

std::vector<ScheduledDrill> scheduled_drills(const Settings& settings) {
  std::vector<ScheduledDrill> drills;
  drills.reserve(settings.drills.size());
  for (const ScheduleSettings& each : settings.drills) {
    Schedule schedule(each);  // first: what is wrong here is said before what is wrong elsewhere
    const Drill drill = drill_of(each);
    drills.push_back({std::move(schedule),
                      drill.playbook.drill,
                      drill.playbook.title,
                      drill.playbook.owner,
                      drill.stack.environment,
                      drill.stack.name});
  }
  return drills;
}

}  // namespace muster
