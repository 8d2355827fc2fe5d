#include "runner/plan/plan_hash.h"

#include "base/digest.h"
#include "base/error.h"
#include "drills/stack_tables.h"

namespace muster {

namespace {

json::object done_by(const Change& change, const Stack& stack) {
  const StackHost* host = stack.host(change.host);
  if (host == nullptr) fail("the stack has no host '{}'", change.host);
  json::object object;
  object["id"] = change.id;
  object["host"] = change.host;
  object["reach"] = reach_kinds().at(static_cast<std::size_t>(host->reach.kind)).name;
  object["target"] = host->reach.target;
  object["resource"] = change.resource;
  object["process"] = change.process;
  object["apply"] = to_json(change.apply);
  object["undo"] = to_json(change.undo);
  object["deadline"] = change.deadline.count();
  object["lease"] = change.lease.count();
  object["undo_class"] = name_of(change.undo_class);
  object["order"] = change.order;
  return object;
}

/// What a step does, or for how long it leaves a fault in force. The changes of an inject stand
/// apart.
struct Doing {
  json::value operator()(const BaselineStep&) const { return nullptr; }
  json::value operator()(const ExpectStep&) const { return nullptr; }
  json::value operator()(const InjectStep& step) const { return {{"inject", step.name}}; }
  json::value operator()(const UndoStep& step) const { return {{"undo", step.name}}; }
  json::value operator()(const HoldStep& step) const { return {{"hold", step.length.count()}}; }
  json::value operator()(const AwaitStep& step) const { return {{"await", step.within.count()}}; }
  json::value operator()(const AskStep& step) const { return {{"ask", step.within.count()}}; }
  json::value operator()(const RunStep& step) const {
    return {{"run", json::value_from(step.argv)}, {"host", step.host}};
  }
  json::value operator()(const ParallelStep& step) const {
    return {{"parallel", all(step.branches)}};
  }

  json::array all(const std::vector<Step>& steps) const {
    json::array done;
    for (const Step& step : steps) done.push_back(std::visit(*this, step.action));
    return done;
  }
};

json::array texts_of(const std::vector<Condition>& conditions) {
  json::array texts;
  for (const Condition& condition : conditions) texts.push_back(json::string(condition.text()));
  return texts;
}

}  // namespace

std::string hash_of_plan(const Drill& drill, const std::vector<PlannedInject>& planned) {
  json::array changes;
  for (const PlannedInject& each : planned) {
    for (const Change& change : each.plan.changes) changes.push_back(done_by(change, drill.stack));
  }
  json::object plan;
  plan["drill"] = drill.playbook.drill;
  plan["stack"] = drill.stack.name;
  plan["environment"] = drill.stack.environment;
  plan["steps"] = Doing().all(drill.playbook.steps);
  plan["changes"] = std::move(changes);
  plan["steady"] = texts_of(drill.playbook.steady);
  plan["peer_healthy"] = drill.stack.peer_healthy.count();
  plan["stop_if"] = texts_of(drill.playbook.stop_if);
  return sha256(compact_json(plan));
}

Task<std::string> plan_hash(const Drill& drill, Hosts& hosts) {
  const std::string fixed_id(26, '0');
  const auto planned = co_await plan_drill(drill, hosts, fixed_id);
  co_return hash_of_plan(drill, planned);
}

}  // namespace muster
