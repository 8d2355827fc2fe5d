#pragma once

#include <string>
#include <vector>

#include "base/host.h"
#include "base/tasks.h"
#include "drills/playbook.h"
#include "faults/change.h"

namespace muster {

/// One link of the chain from the fault to the last user having moved, as the stack's own settings
/// predict it.
struct PredictedStage {
  std::string name;  ///< "detect" | "decide" | "propagate"
  std::string why;   ///< "gdnsd: fall 2 x interval 2 s"
  Duration best{};
  Duration worst{};
};

struct FaultContext {
  const Stack& stack;
  Hosts& hosts;
  std::string run_id;
  std::string kind;  ///< of the fault
  std::string step;  ///< the inject step's name: prefix of the change ids, and of tables and chains
                     ///< it makes
  Duration deadline{};
  bool at_its_turn = false;  ///< planned again, the moment before it is injected
};

/// What a fault would do.
struct FaultPlan {
  std::vector<Change> changes;
  /// Regions whose answers no longer count as good once this fault is in force: a drain is over for
  /// a user when another region serves them. Empty for faults that take no region out of service.
  std::vector<std::string> regions_out;
  /// Empty where nothing can be predicted. `users_unaffected` says that no user is expected to
  /// notice at all.
  std::vector<PredictedStage> predicted;
  bool users_unaffected = false;
};

/// A kind of fault: one file, one line in kinds.inc. `plan` may look at hosts; it never changes
/// anything. It throws Error where the fault cannot be done here (no pid file, protected, zero
/// targets, no address).
struct FaultKind {
  KindSpec spec;
  Task<FaultPlan> (*plan)(const Params& params, FaultContext context);
  /// Its plan rests on what somebody may change before it is injected: a pid, a timeline, a value
  /// that the undo puts back, an effect that must not be there yet. So it is planned again at its
  /// turn, and then has to be the same in what it changes, and where.
  bool planned_at_its_turn = false;
  /// What root is wanted for on a host that is none of the lab's: "nftables rules". Empty: what the
  /// user of the broken service may do is enough.
  std::string_view root{};
};

/// Every kind, in the order of kinds.inc.
const std::vector<FaultKind>& fault_kinds();
const FaultKind* fault_kind(std::string_view name);
std::vector<const KindSpec*> fault_specs();

}  // namespace muster
