#include "runner/record/drill_json.h"

#include "reports/json_parts.h"

namespace muster {

namespace {

using json_parts::each;
using json_parts::object_at;
using json_parts::optional_number;

void put(json::object& object, std::string_view key, const std::optional<double>& value) {
  if (value) object[key] = *value;
}

void put(json::object& object, std::string_view key, const std::optional<Duration>& value) {
  if (value) object[key] = value->count();
}

std::optional<Duration> duration_if(const json::object& object, std::string_view key) {
  if (find(object, key) == nullptr) return std::nullopt;
  return duration_at(object, key);
}

json::object condition_json(const Condition& condition) {
  json::object object;
  object["metric"] = condition.metric;
  object["probe"] = condition.probe;
  object["vantage"] = condition.vantage;
  put(object, "over", condition.over);
  put(object, "max", condition.max);
  put(object, "min", condition.min);
  put(object, "above", condition.above);
  put(object, "below", condition.below);
  put(object, "for", condition.for_at_least);
  return object;
}

Condition condition_from_json(const json::object& object) {
  Condition condition;
  condition.metric = text_at(object, "metric");
  condition.probe = text_at(object, "probe");
  condition.vantage = text_at(object, "vantage");
  condition.over = duration_if(object, "over");
  condition.max = optional_number(object, "max");
  condition.min = optional_number(object, "min");
  condition.above = optional_number(object, "above");
  condition.below = optional_number(object, "below");
  condition.for_at_least = duration_if(object, "for");
  return condition;
}

json::object probe_json(const ProbeSpec& probe) {
  json::object object;
  object["name"] = probe.name;
  object["kind"] = probe.kind;
  object["params"] = probe.params.values();
  object["from"] = json::array(probe.from.begin(), probe.from.end());
  object["rate"] = probe.rate;
  object["poisson"] = probe.poisson;
  object["clients"] = probe.clients;
  object["settle"] = probe.settle.count();
  if (probe.slo) {
    object["slo"] =
        json::object{{"availability", probe.slo->availability}, {"over", probe.slo->over.count()}};
  }
  return object;
}

ProbeSpec probe_from_json(const json::object& object) {
  ProbeSpec probe;
  probe.name = text_at(object, "name");
  probe.kind = text_at(object, "kind");
  probe.params = Params(object_at(object, "params"));
  probe.from = Params(object).list("from");
  probe.rate = number_at(object, "rate");
  probe.poisson = flag_at(object, "poisson");
  probe.clients = static_cast<int>(integer_at(object, "clients"));
  probe.settle = duration_at(object, "settle");
  if (find(object, "slo") != nullptr) {
    const json::object& slo = object_at(object, "slo");
    probe.slo = {number_at(slo, "availability"), duration_at(slo, "over")};
  }
  return probe;
}

void add_judged_steps(const std::vector<Step>& steps, json::array& list) {
  for (const Step& step : steps) {
    if (const auto* baseline = std::get_if<BaselineStep>(&step.action))
      list.push_back(json::object{{"baseline", baseline->length.count()}});
    if (const auto* inject = std::get_if<InjectStep>(&step.action))
      list.push_back(json::object{{"inject", inject->name}, {"fault", inject->kind}});
    const auto* await = std::get_if<AwaitStep>(&step.action);
    if (await != nullptr && await->kind == AwaitStep::Kind::Failover)
      list.push_back(json::object{{"failover", await->probe}});
    if (const auto* parallel = std::get_if<ParallelStep>(&step.action))
      add_judged_steps(parallel->branches, list);
  }
}

Step step_from_json(const json::object& object) {
  if (find(object, "baseline") != nullptr)
    return {BaselineStep{duration_at(object, "baseline")}, {}};
  if (find(object, "failover") != nullptr) {
    AwaitStep await;
    await.kind = AwaitStep::Kind::Failover;
    await.probe = text_at(object, "failover");
    return {std::move(await), {}};
  }
  InjectStep inject;
  inject.name = text_at(object, "inject");
  inject.kind = text_at(object, "fault");
  return {std::move(inject), {}};
}

json::object playbook_json(const Playbook& playbook) {
  json::object object;
  object["file"] = playbook.file;
  object["text"] = playbook.text;
  object["drill"] = playbook.drill;
  object["title"] = playbook.title;
  object["digest"] = playbook.digest;
  object["series_key"] = playbook.series_key;
  object["trials"] = playbook.trials;
  object["probes"] = each(playbook.probes, probe_json);
  object["steady"] = each(playbook.steady, condition_json);
  object["objectives"] = each(playbook.objectives, condition_json);
  json::array steps;
  add_judged_steps(playbook.steps, steps);
  object["steps"] = std::move(steps);
  return object;
}

Playbook playbook_from_json(const json::object& object) {
  Playbook playbook;
  playbook.file = text_at(object, "file");
  playbook.text = text_at(object, "text");
  playbook.drill = text_at(object, "drill");
  playbook.title = text_at(object, "title");
  playbook.digest = text_at(object, "digest");
  playbook.series_key = text_at(object, "series_key");
  playbook.trials = static_cast<int>(integer_at(object, "trials"));
  playbook.probes = each(object, "probes", probe_from_json);
  playbook.steady = each(object, "steady", condition_from_json);
  playbook.objectives = each(object, "objectives", condition_from_json);
  playbook.steps = each(object, "steps", step_from_json);
  return playbook;
}

json::object host_json(const StackHost& host) {
  return {{"name", host.name}, {"region", host.region}};
}

StackHost host_from_json(const json::object& object) {
  StackHost host;
  host.name = text_at(object, "name");
  host.region = text_at(object, "region");
  return host;
}

json::object vantage_json(const Vantage& vantage) {
  return {{"name", vantage.name}, {"host", vantage.host}, {"region", vantage.region}};
}

Vantage vantage_from_json(const json::object& object) {
  return {text_at(object, "name"), text_at(object, "host"), "", text_at(object, "region"), {}};
}

json::object stack_json(const Stack& stack) {
  json::object object;
  object["name"] = stack.name;
  object["environment"] = stack.environment;
  object["hosts"] = each(stack.hosts, host_json);
  object["vantages"] = each(stack.vantages, vantage_json);
  return object;
}

Stack stack_from_json(const json::object& object) {
  Stack stack;
  stack.name = text_at(object, "name");
  stack.environment = text_at(object, "environment");
  stack.hosts = each(object, "hosts", host_from_json);
  stack.vantages = each(object, "vantages", vantage_from_json);
  return stack;
}

}  // namespace

json::object judged_drill_json(const Playbook& playbook, const Stack& stack) {
  return {{"playbook", playbook_json(playbook)}, {"stack", stack_json(stack)}};
}

Drill judged_drill_from_json(const json::object& object) {
  return {playbook_from_json(object_at(object, "playbook")),
          stack_from_json(object_at(object, "stack"))};
}

}  // namespace muster
