#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drills/playbook.h"
#include "reports/result.h"
#include "runner/record/run_store.h"
#include "test/runner/sim_world.h"

namespace muster {

/// A drill on a stack with one host, from the text of its playbook.
Drill simulated_drill(std::string_view playbook);
/// One fault, from its baseline to its recovery.
const Drill& small_drill();

struct SimRunEnd {
  Result result;
  SimSystem system;
  std::string bytes;    ///< of the result
  std::string journal;  ///< as the run left it
  RunRecord record;     ///< what was judged
  bool ended = false;
  std::vector<OpenChange> left_open;
};

/// One run of the real engine and journal against the model.
struct SimRun {
  SimTroubles troubles;
  std::uint64_t seed = 1;
  std::optional<Duration> stop_after;
  const Drill* drill = &small_drill();
  /// Told what is in force, whenever that changed.
  std::function<void(const std::set<std::string>&)> on_change;

  SimRunEnd operator()() const;
};

}  // namespace muster
