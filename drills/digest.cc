#include "drills/digest.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"

namespace muster {

namespace {

json::value sorted(const json::value& value) {
  if (value.is_array()) {
    json::array items;
    for (const json::value& item : value.get_array()) items.push_back(sorted(item));
    return items;
  }
  if (!value.is_object()) return value;
  std::map<std::string, json::value> members;
  for (const auto& [key, member] : value.get_object())
    members.emplace(std::string(key), sorted(member));
  json::object object;
  for (auto& [key, member] : members) object[key] = std::move(member);
  return object;
}

json::value to_json(const Condition& condition) {
  json::object out{
      {"metric", condition.metric}, {"probe", condition.probe}, {"vantage", condition.vantage}};
  const auto number = [&](const char* key, const std::optional<double>& value) {
    if (value) out[key] = *value;
  };
  const auto duration = [&](const char* key, const std::optional<Duration>& value) {
    if (value) out[key] = value->count();
  };
  number("max", condition.max);
  number("min", condition.min);
  number("above", condition.above);
  number("below", condition.below);
  duration("over", condition.over);
  duration("for", condition.for_at_least);
  return out;
}

json::array to_json(const std::vector<Condition>& conditions) {
  json::array out;
  for (const Condition& each : conditions) out.push_back(to_json(each));
  return out;
}

json::value to_json(const ProbeSpec& probe) {
  return {{"name", probe.name},
          {"kind", probe.kind},
          {"params", probe.params.values()},
          {"from", json::value_from(probe.from)},
          {"rate", probe.rate},
          {"poisson", probe.poisson},
          {"clients", probe.clients},
          {"settle", probe.settle.count()}};
}

enum class Detail { Whole, Series };

/// One step; for a series without patience (`within`, `timeout`, `deadline`), which does not change
/// what is measured.
class StepWriter {
 public:
  explicit StepWriter(Detail detail) : whole_(detail == Detail::Whole) {}

  json::object operator()(const BaselineStep& step) const {
    return {{"baseline", step.length.count()}};
  }
  json::object operator()(const HoldStep& step) const { return {{"hold", step.length.count()}}; }
  json::object operator()(const UndoStep& step) const { return {{"undo", step.name}}; }
  json::object operator()(const InjectStep& step) const {
    json::object out{{"inject", step.name}, {"kind", step.kind}, {"params", step.params.values()}};
    if (whole_ && step.deadline) out["deadline"] = step.deadline->count();
    if (whole_) out["irreversible"] = step.accept_irreversible;
    if (whole_ && step.accept_all_regions) out["all_regions"] = true;
    return out;
  }
  json::object operator()(const AwaitStep& step) const {
    json::object out{{"await", static_cast<int>(step.kind)}, {"probe", step.probe}};
    if (step.kind == AwaitStep::Kind::Condition) out["condition"] = to_json(step.condition);
    if (whole_) out["within"] = step.within.count();
    return out;
  }
  json::object operator()(const ExpectStep& step) const {
    return {{"expect", to_json(step.condition)}};
  }
  json::object operator()(const RunStep& step) const {
    json::object out{{"run", json::value_from(step.argv)}, {"host", step.host}};
    if (whole_) out["timeout"] = step.timeout.count();
    return out;
  }
  json::object operator()(const AskStep& step) const {
    if (!whole_) return {{"ask", nullptr}};
    return {{"ask", step.question}, {"within", step.within.count()}};
  }
  json::object operator()(const ParallelStep& step) const {
    return {{"parallel", all(step.branches)}};
  }

  json::array all(const std::vector<Step>& steps) const {
    json::array out;
    for (const Step& step : steps) out.push_back(std::visit(*this, step.action));
    return out;
  }

 private:
  bool whole_;
};

/// What users do and what is done to them; the order of the probes means nothing.
json::object core(const Playbook& playbook, Detail detail) {
  json::object probes;
  for (const ProbeSpec& probe : playbook.probes) probes[probe.name] = to_json(probe);
  return {{"drill", playbook.drill},
          {"probes", std::move(probes)},
          {"steady", to_json(playbook.steady)},
          {"steps", StepWriter(detail).all(playbook.steps)}};
}

}  // namespace

std::string digest_of(const Playbook& playbook) {
  json::object out = core(playbook, Detail::Whole);
  out["title"] = playbook.title;
  out["owner"] = playbook.owner;
  out["tags"] = json::value_from(playbook.tags);
  out["stop_if"] = to_json(playbook.stop_if);
  out["objectives"] = to_json(playbook.objectives);
  out["trials"] = playbook.trials;
  json::object levels;
  for (const ProbeSpec& probe : playbook.probes) {
    if (probe.slo) levels[probe.name] = {probe.slo->availability, probe.slo->over.count()};
  }
  if (!levels.empty()) out["slo"] = std::move(levels);
  return sha256(compact_json(sorted(out)));
}

std::string series_key_of(const Playbook& playbook, const std::string& stack) {
  json::object out = core(playbook, Detail::Series);
  out["stack"] = stack;
  return sha256(compact_json(sorted(out)));
}

}  // namespace muster
