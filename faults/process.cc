#include "faults/process.h"

#include <algorithm>

#include "faults/front_door.h"

namespace muster {
namespace {

bool holds(const std::vector<const StackHost*>& hosts, const StackHost* host) {
  return std::ranges::find(hosts, host) != hosts.end();
}

/// The regions in which every host of the service is among the targets.
std::vector<std::string> regions_without(const ServiceTargets& targets, const Stack& stack) {
  std::vector<std::string> regions;
  for (const std::string& region : stack.regions) {
    bool hit = false;
    bool left = false;
    for (const std::string& name : targets.service.hosts) {
      const StackHost* host = stack.host(name);
      if (host == nullptr || host->region != region) continue;
      (holds(targets.hosts, host) ? hit : left) = true;
    }
    if (hit && !left) regions.push_back(region);
  }
  return regions;
}

}  // namespace

Change& add_process_change(FaultPlan& plan,
                           const FaultContext& context,
                           const StackHost& host,
                           const StackService& service,
                           std::string what) {
  Change& change = add_change(plan, context, host, std::move(what));
  change.process = pid_file_of(service, service.where);
  change.resource = "process:" + change.process;
  return change;
}

void undo_by_start(Change& change, const std::vector<std::string>& start) {
  change.undo = exec(start);
  change.undo.timeout = kServiceCommandTimeout;
  change.verify_undone = built_in("alive", {change.process});
}

std::vector<PredictedStage> predict_lost_processes(const ServiceTargets& targets,
                                                   const Stack& stack,
                                                   CheckFails how) {
  const Routing* routing = stack.routing("");
  if (routing == nullptr) return {};
  const std::vector<std::string> lost = regions_without(targets, stack);
  if (lost.size() > 1) return {};
  if (is_front_door(targets.service) && lost.size() == 1)
    return predict_failing_region(*routing, how);
  if (is_front_door(targets.service) || !targets.service.params.has("health")) return {};
  return lost.empty() ? predict_lost_server(*routing, how) : predict_no_servers(*routing, how);
}

}  // namespace muster
