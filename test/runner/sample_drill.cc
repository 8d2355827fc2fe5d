#include "test/runner/sample_drill.h"

namespace muster {

Stack two_regions() {
  Stack stack;
  stack.name = "shop";
  stack.regions = {"us", "eu"};
  StackService app{"app", "process", {}, {}, {}};
  json::object params;
  params["pid_file"] = "/run/app.pid";
  params["health"] = json::object{{"http", "http://127.0.0.1:8080/health"}};
  app.params = Params(std::move(params));
  for (const std::string region : {"us", "eu"}) {
    for (const std::string name : {"lb-", "app1-", "app2-"}) {
      stack.hosts.push_back({name + region, region, {}, "", {}, {}});
      if (name != "lb-") app.hosts.push_back(name + region);
    }
  }
  stack.services.push_back(std::move(app));
  return stack;
}

Drill empty_drill() {
  Drill drill;
  drill.playbook.drill = "sample";
  drill.stack = two_regions();
  return drill;
}

Step inject_step(std::string name) {
  return {InjectStep{std::move(name), "made_up", {}, {}}, {}};
}

Step undo_step(std::string name) {
  return {UndoStep{std::move(name)}, {}};
}

Step parallel_step(std::vector<Step> branches) {
  return {ParallelStep{std::move(branches)}, {}};
}

PlannedInject drain_of(std::string step, std::string region) {
  PlannedInject inject{step, "drain_region", {}};
  Change change;
  change.id = step + "/1";
  change.host = "lb-" + region;
  inject.plan.changes.push_back(std::move(change));
  inject.plan.regions_out = {std::move(region)};
  return inject;
}

PlannedInject kill_on(std::string step, const std::vector<std::string>& hosts) {
  PlannedInject inject{std::move(step), "process_kill", {}};
  for (const std::string& host : hosts) {
    Change change;
    change.id = inject.step + "/" + host;
    change.host = host;
    change.process = "/run/app.pid";
    inject.plan.changes.push_back(std::move(change));
  }
  return inject;
}

}  // namespace muster
