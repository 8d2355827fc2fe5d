#include "base/error.h"
#include "drills/values.h"
#include "faults/plan_text.h"
#include "runner/commands/commands.h"
#include "runner/plan/plan_hash.h"
#include "runner/plan/reach.h"

namespace muster {

namespace {

json::object plan_to_json(const std::vector<PlannedInject>& planned, const std::string& hash) {
  json::array steps;
  for (const PlannedInject& each : planned) {
    json::array changes;
    for (const Change& change : each.plan.changes) changes.push_back(to_json(change));
    json::object step;
    step["step"] = each.step;
    step["fault"] = each.fault;
    step["changes"] = std::move(changes);
    steps.push_back(std::move(step));
  }
  json::object plan;
  plan["plan_hash"] = hash;
  plan["steps"] = std::move(steps);
  return plan;
}

void show_variables(const std::vector<Variable>& variables) {
  for (const Variable& each : variables) {
    print(fmt::format("  {} = {}{}\n",
                      each.name,
                      write_value(each.type, each.value),
                      each.help.empty() ? "" : ": " + each.help));
  }
}

void show_steps(const std::vector<Step>& steps, const std::vector<PlannedInject>& planned) {
  for (const Step& step : steps) {
    print("\n" + step.title() + "\n");
    const auto* inject = std::get_if<InjectStep>(&step.action);
    for (const PlannedInject& each : planned) {
      if (inject != nullptr && each.step == inject->name) print(plan_text(each.plan));
    }
    if (const auto* parallel = std::get_if<ParallelStep>(&step.action))
      show_steps(parallel->branches, planned);
  }
}

Task<int> show_plan(Drill drill, bool as_json) {
  StackHosts hosts(drill.stack.hosts);
  const auto planned = co_await plan_drill(drill, hosts, std::string(26, '0'));
  const std::string hash = co_await plan_hash(drill, hosts);
  if (as_json) {
    print(pretty_json(plan_to_json(planned, hash)));
    co_return 0;
  }
  print(fmt::format("{}: {}\n", drill.playbook.drill, drill.playbook.title));
  show_variables(drill.playbook.variables);
  show_steps(drill.playbook.steps, planned);
  print("\nplan hash: " + hash + "\nNothing was touched.\n");
  co_return 0;
}

}  // namespace

Action define_plan(Arguments& arguments) {
  arguments.example("muster plan drills/library/drain-us-east.yaml");
  auto& playbook = arguments.operand("PLAYBOOK", "the drill to plan");
  auto& stack = arguments.option("--stack", "FILE", "another stack than the playbook names");
  auto& set = arguments.options("--set", "NAME=VALUE", "the value of a variable");
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    Drill drill = load_drill_as_asked(playbook, set, stack);
    return run_to_end(show_plan(std::move(drill), as_json));
  };
}

}  // namespace muster
