#include "runner/plan/regions.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace muster {

namespace {

using InForce = std::vector<const PlannedInject*>;

bool takes_hold_of(const PlannedInject& inject,
                   const std::string& host,
                   const std::string& process) {
  return std::ranges::any_of(inject.plan.changes, [&](const Change& change) {
    return change.host == host && change.process == process;
  });
}

/// The steps that together hold every process that the service has in the region; empty where one
/// is left, or where there is none.
std::set<std::string> steps_taking(const StackService& service,
                                   const std::string& region,
                                   const Stack& stack,
                                   const InForce& in_force) {
  std::set<std::string> steps;
  if (!service.params.has("pid_file")) return steps;
  for (const StackHost* host : stack.hosts_in(region)) {
    if (std::ranges::find(service.hosts, host->name) == service.hosts.end()) continue;
    const auto taker = std::ranges::find_if(in_force, [&](const PlannedInject* inject) {
      return takes_hold_of(*inject, host->name, service.params.text("pid_file"));
    });
    if (taker == in_force.end()) return {};
    steps.insert((*taker)->step);
  }
  return steps;
}

/// The steps by which the region is out; empty where it is not.
std::set<std::string> steps_taking_out(const std::string& region,
                                       const Stack& stack,
                                       const InForce& in_force) {
  std::set<std::string> steps;
  for (const PlannedInject* inject : in_force) {
    const auto& out = inject->plan.regions_out;
    if (std::ranges::find(out, region) != out.end()) steps.insert(inject->step);
  }
  for (const StackService& service : stack.services)
    steps.merge(steps_taking(service, region, stack, in_force));
  return steps;
}

/// The regions of the stack that are out, each with the steps by which it is.
using Out = std::map<std::string, std::set<std::string>>;

Out regions_out(const Stack& stack, const InForce& in_force) {
  Out out;
  for (const std::string& region : stack.regions) {
    std::set<std::string> steps = steps_taking_out(region, stack, in_force);
    if (!steps.empty()) out.emplace(region, std::move(steps));
  }
  return out;
}

/// Goes through the steps and calls `visit(step, its action, what was out before, what is out
/// after)` for each inject.
template <class Visit>
void for_each_inject(const Playbook& playbook,
                     const Stack& stack,
                     const std::vector<PlannedInject>& planned,
                     Visit visit) {
  InForce in_force;
  const auto inject = [&](const Step& step) {
    const auto* action = std::get_if<InjectStep>(&step.action);
    if (action == nullptr) return;
    const auto found = std::ranges::find(planned, action->name, &PlannedInject::step);
    if (found == planned.end()) return;
    const Out before = regions_out(stack, in_force);
    in_force.push_back(&*found);
    visit(step, *action, before, regions_out(stack, in_force));
  };
  const auto undo = [&](const Step& step) {
    if (const auto* action = std::get_if<UndoStep>(&step.action))
      std::erase_if(in_force,
                    [&](const PlannedInject* each) { return each->step == action->name; });
  };
  for (const Step& step : playbook.steps) {
    const auto* parallel = std::get_if<ParallelStep>(&step.action);
    const std::vector<Step> alone{step};
    const std::vector<Step>& branches = parallel == nullptr ? alone : parallel->branches;
    for (const Step& branch : branches) inject(branch);
    for (const Step& branch : branches) undo(branch);
  }
}

}  // namespace

std::vector<RegionLoss> regions_lost(const Playbook& playbook,
                                     const Stack& stack,
                                     const std::vector<PlannedInject>& planned) {
  std::vector<RegionLoss> losses;
  for_each_inject(playbook,
                  stack,
                  planned,
                  [&](const Step&, const InjectStep& inject, const Out& before, const Out& after) {
                    RegionLoss loss{inject.name, {}};
                    for (const auto& [region, steps] : after) {
                      if (!before.contains(region)) loss.regions.push_back(region);
                    }
                    if (!loss.regions.empty()) losses.push_back(std::move(loss));
                  });
  return losses;
}

std::vector<NoRegionLeft> injects_leaving_no_region(const Playbook& playbook,
                                                    const Stack& stack,
                                                    const std::vector<PlannedInject>& planned) {
  const std::size_t all = stack.regions.size();
  std::vector<NoRegionLeft> found;
  for_each_inject(
      playbook,
      stack,
      planned,
      [&](const Step& step, const InjectStep& inject, const Out& before, const Out& after) {
        if (all == 0 || after.size() < all || before.size() == all || inject.accept_all_regions)
          return;
        NoRegionLeft none{inject.name, step.where, {}};
        for (const auto& [region, steps] : after)
          none.out.push_back(region + " by " + join({steps.begin(), steps.end()}, " and "));
        found.push_back(std::move(none));
      });
  return found;
}

}  // namespace muster
