#pragma once

#include <vector>

#include "drills/lab/plan.h"
#include "drills/lab/questions.h"

/// Whether a part works, judged from what it answers: healthy means that it does its own work and
/// is in its home role, as a drill wants to find it.
namespace muster::lab {

/// The first question is always to the host's process 1; the others depend on the kind of part.
std::vector<Question> questions_about(const PartPlan& part);

struct PartHealth {
  bool healthy = false;
  std::string health;  ///< "healthy", or what is wrong
  std::string role;
  int pid_inside = 0;        ///< as process 1 of the host knows it; 0 while it does not run
  bool host_broken = false;  ///< the host is off, or could not be set up: waiting will not help
  bool ended = false;        ///< started once, and ended: waiting will not help either
};

/// `answers` to questions_about(part), in the same order.
PartHealth judge(const PartPlan& part, const std::vector<Answer>& answers);

}  // namespace muster::lab
