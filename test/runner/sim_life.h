#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/runner/sim_machine.h"

namespace muster {

/// What became of one world.
struct SimFate {
  std::vector<std::string> broken_rules;  ///< what must never happen, and did
  std::string log;                        ///< what happened when
  std::string journal;                    ///< as it was left
};

struct SimLife {
  SimDefect defect = SimDefect::None;
  bool wall_clock_steps = true;
};

/// One world from its seed: a drill by the real engine, guard client and journal; its runner may be
/// killed or lose its power at any instant, and so may every recovery after it, by the real code of
/// `muster recover`. In the end a recovery that nothing disturbs, and a look at what is left.
/// Needs a $MUSTER_HOME of its own, in which it leaves nothing.
SimFate live_once(std::uint64_t seed, const SimLife& life, SimCounts& counts);

}  // namespace muster
