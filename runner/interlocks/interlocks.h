#pragma once

#include <string>
#include <vector>

#include "base/host.h"
#include "base/tasks.h"
#include "drills/playbook.h"
#include "runner/interlocks/resource_locks.h"
#include "runner/plan/plan.h"
#include "runner/record/stack_hold.h"
#include "store/store.h"

namespace muster {

/// What the person who starts a drill gives leave to, on the command line.
struct Permission {
  std::string plan_hash;  ///< the only plan that may be carried out; empty: whatever it is
  bool yes_production = false;
  std::string drill_words;  ///< the drill as it was asked for, to say what to type
};

/// What the interlocks look at, once for each run, before anything of it exists.
struct Preflight {
  const Drill& drill;
  const Permission& permission;
  ResourceLocks& locks;
  StackHold& hold;
  Store& store;  ///< where the run will be remembered
  UtcTime now;
  std::vector<PlannedInject> planned;
  std::string plan_hash;  ///< empty where nobody asks for it, or where the drill cannot be planned
};

/// Plans the drill and asks every interlock whether it may start now; looks at hosts, touches
/// nothing but `locks`, which hold all that the plan takes hold of afterwards, and `hold`, which is
/// taken where the store is shared. Returns the plan. Throws Refused with every reason at once, an
/// interlock that could not look being one of them; Error where nothing forbids the drill but it
/// cannot be planned.
Task<std::vector<PlannedInject>> plan_within_interlocks(const Drill& drill,
                                                        const Permission& permission,
                                                        Hosts& hosts,
                                                        ResourceLocks& locks,
                                                        StackHold& hold,
                                                        Store& store,
                                                        std::string run_id,
                                                        UtcTime now);

}  // namespace muster
