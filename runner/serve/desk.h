#pragma once

#include <string>
#include <vector>

#include "runner/serve/result_shelf.h"
#include "runner/serve/scheduler.h"

namespace muster {

/// All that pages and API look at, and what they may move.
struct Desk {
  const Settings& settings;
  const std::vector<ScheduledDrill>& drills;
  Scheduler& scheduler;
  SharedStore& store;
  Clock& clock;
  Log& log;
  ResultShelf& results;
  std::string server;  ///< its name, for people who have several

  const ScheduledDrill* drill_named(const std::string& name) const;
};

}  // namespace muster
