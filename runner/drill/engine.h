#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/host.h"
#include "faults/guard.h"
#include "probes/vantage.h"
#include "reports/measure/run_record.h"
#include "runner/drill/leash.h"
#include "runner/plan/plan.h"
#include "runner/record/journal.h"
#include "runner/view/observer.h"

namespace muster {

/// Puts a question to a person; true for yes. Throws Error where nobody can be asked.
class Asker {
 public:
  virtual ~Asker() = default;
  virtual Task<bool> ask(std::string question) = 0;
};

/// Everything not deterministic that a drill touches; built in main, or by a simulation.
struct World {
  Clock& clock;
  Hosts& hosts;
  Guards& guards;
  Agents& agents;
  Asker& asker;
  Leash* leash = nullptr;  ///< what the run hangs on beside itself
};

/// Drives one run of a drill through its stages. One Engine, one run.
class Engine {
 public:
  struct Options {
    std::string run_id;
    std::int64_t number = 0;
    std::uint64_t seed = 0;
    int trial = 1;
    std::string trial_group;
    std::map<std::string, std::string> labels;  ///< as the person who ran it gave them
    std::string triggered_by = kByPerson;
  };

  Engine(World world, Journal& journal, SampleFile& samples, Observer& observer, Options options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Carries out what `plan_drill` planned for this run: look, baseline, steps, undo, read back.
  /// Returns whatever happened as a record for the judgement; throws only where nothing had been
  /// touched yet (an agent could not start).
  Task<RunRecord> run(Drill drill, std::vector<PlannedInject> planned);

  /// Ends the steps now and undoes everything: Interrupted for Ctrl-C, Aborted for `muster stop`.
  /// Later calls change nothing; false then.
  bool stop(RunState state, std::string reason);

  /// The changes that are in force or may be, one line each.
  std::vector<std::string> in_force() const;

 private:
  class Drive;
  std::unique_ptr<Drive> drive_;
};

}  // namespace muster
