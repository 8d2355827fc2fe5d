#pragma once

#include <string>
#include <vector>

#include "runner/schedule/schedule.h"

namespace muster {

/// A line of `drills:` with what its playbook says.
struct ScheduledDrill {
  Schedule schedule;
  std::string drill;
  std::string title;
  std::string owner;
  std::string environment;
  std::string stack;

  const std::string& name() const { return schedule.settings().name; }
};

/// All of them. Throws UsageError with what is wrong in muster.yaml, or in a playbook or stack it
/// names.
std::vector<ScheduledDrill> scheduled_drills(const Settings& settings);

}  // namespace muster
