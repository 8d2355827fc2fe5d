#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "reports/measure/run_record.h"
#include "runner/drill/engine.h"
#include "runner/drill/faults_in_force.h"
#include "runner/drill/measurement.h"
#include "runner/drill/peer_health.h"

namespace muster {

/// The system was not well enough before the fault: the drill touches nothing and is inconclusive.
class NotSteady : public Error {
 public:
  using Error::Error;
};

/// Runs the playbook's steps, one function a kind.
class StepRunner {
 public:
  struct Parts {
    World world;
    RunRecord& record;
    const std::vector<PlannedInject>& planned;
    const Measurement& measurement;
    FaultsInForce& faults;
    PeerHealth& peers;
    std::string& now_doing;  ///< for the live view
    std::function<void(EventRecord)> tell;
    std::function<bool()>
        stopped;  ///< asked before each step: a stop that came during an undo is not lost
  };
  explicit StepRunner(Parts parts) : parts_(std::move(parts)) {}

  /// All steps. Throws NotSteady, or Error with the place of the step that failed.
  Task<> run();

 private:
  Task<> run_list(const std::vector<Step>& steps);
  Task<> run_step(const Step& step);
  Task<> baseline(const BaselineStep& step);
  Task<> inject(const InjectStep& step);
  Task<> undo(const UndoStep& step);
  Task<> hold(const HoldStep& step);
  Task<> await(const AwaitStep& step);
  Task<> expect(const ExpectStep& step);
  Task<> run_command(const RunStep& step);
  Task<> ask(const AskStep& step);
  Task<> parallel(const ParallelStep& step);

  void check_steady(Duration window);
  Task<> ask_leash();
  Task<> check_peers();
  bool reached(const AwaitStep& step, Time now) const;
  void note(std::string kind, std::string text);
  Clock& clock() { return parts_.world.clock; }

  Parts parts_;
  bool steady_checked_ = false;
};

}  // namespace muster
