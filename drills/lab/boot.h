#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "drills/lab/health.h"

namespace muster::lab {

/// Starts the parts of a lab whose hosts stand, each as soon as what it needs is healthy, until all
/// are.
class Boot {
 public:
  /// All outlive the boot.
  Boot(const Plan& plan, Asker& asker, Clock& clock, std::function<void(std::string)> progress);

  /// Throws Error that names the part that does not get healthy, shows the end of its log, and says
  /// how to mend it.
  Task<> run();

 private:
  bool ready(const PartPlan& part) const;
  Task<> start_what_is_ready();
  Task<> look_at_what_is_started();
  void tell_finished_groups();
  Task<> give_up(const PartPlan& part, std::string reason);

  const Plan& plan_;
  Asker& asker_;
  Clock& clock_;
  std::function<void(std::string)> progress_;
  Time began_;
  std::set<PartRef> started_;
  std::set<PartRef> healthy_;
  std::set<std::string> told_;
  std::map<PartRef, std::string> last_health_;
};

}  // namespace muster::lab
