#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/tasks.h"
#include "drills/playbook.h"
#include "reports/result.h"

namespace muster {

struct DrillRunOptions {
  bool json = false;        ///< events as JSON lines
  bool plain = false;       ///< no live view
  bool answer_yes = false;  ///< every `ask` is answered with yes
  int trial = 1;
  std::string trial_group;  ///< id of the first run of the group; empty: this is the first
  std::map<std::string, std::string> labels;  ///< "version" is what the gate asks for
};

struct FinishedRun {
  Result result;
  std::filesystem::path directory;
};

/// One run of a drill from the lock to the history: makes the run's directory, drives the engine,
/// judges, writes result.json and report.html, remembers. Ctrl-C, SIGTERM and SIGHUP undo and end
/// it. Throws Refused where another drill holds the stack or an earlier one left something in
/// force.
Task<FinishedRun> run_drill(Drill drill, DrillRunOptions options);

}  // namespace muster
