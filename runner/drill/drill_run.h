#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/tasks.h"
#include "drills/playbook.h"
#include "reports/measure/run_record.h"
#include "reports/result.h"
#include "runner/drill/leash.h"
#include "runner/interlocks/interlocks.h"

namespace muster {

struct DrillRunOptions {
  bool json = false;        ///< events as JSON lines
  bool progress = false;    ///< ... and how far it is, every second
  bool plain = false;       ///< no live view
  bool answer_yes = false;  ///< every `ask` is answered with yes
  Permission permission;
  int trial = 1;
  std::string trial_group;  ///< id of the first run of the group; empty: this is the first
  std::map<std::string, std::string> labels;  ///< "version" is what the gate asks for
  std::string triggered_by = kByPerson;
  Leash* leash = nullptr;  ///< of a run on schedule; outlives the run
  std::string store;       ///< where it is remembered; empty: default_store()
  std::string metrics;     ///< ADDRESS:PORT where Prometheus may look meanwhile; "": nowhere
};

struct FinishedRun {
  Result result;
  std::filesystem::path directory;
};

/// One run of a drill from the lock to the history: plans it, makes the run's directory, drives the
/// engine, judges, writes result.json and report.html, remembers. Ctrl-C, SIGTERM, SIGHUP and the
/// safety lever undo and end it; SIGUSR1 engages the lever. Throws Refused where another drill
/// holds the stack or an interlock forbids this one; nothing of the run exists then. Throws
/// PerhapsInForce where the result could not be made and not everything is known to be undone.
Task<FinishedRun> run_drill(Drill drill, DrillRunOptions options);

}  // namespace muster
