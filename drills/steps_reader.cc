#include "drills/steps_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "drills/conditions.h"
#include "drills/playbook_tables.h"

namespace muster {

namespace {

const Schema& milestone_fields() {
  static const Schema fields = {{.name = "failover",
                                 .type = Type::Name,
                                 .help = "until every user of this probe is served well again",
                                 .refers = Refers::Probe},
                                {.name = "recovery",
                                 .type = Type::Name,
                                 .help = "the same, after an undo",
                                 .refers = Refers::Probe}};
  return fields;
}

std::vector<std::string> step_names() {
  std::vector<std::string> names;
  for (const StepKind& kind : step_kinds()) names.emplace_back(kind.name);
  return names;
}

std::vector<std::string> fault_names(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const KindSpec* kind : catalogue.faults) names.emplace_back(kind->name);
  return names;
}

std::vector<std::string> strings(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

class StepsReader {
 public:
  explicit StepsReader(const StepContext& context) : context_(context), reading_(context.reading) {}

  WrittenSteps read(const YamlEntry& section) {
    WrittenSteps written;
    written.steps = read_list(section, false);
    written.skipped = std::move(skipped_);
    return written;
  }

 private:
  std::vector<Step> read_list(const YamlEntry& section, bool parallel) {
    std::vector<Step> steps;
    if (!expect_list(section, "begin each step with '- '", reading_)) return steps;
    for (const YamlNode& item : section.value.items) {
      if (auto step = read_step(item, parallel)) steps.push_back(std::move(*step));
    }
    return steps;
  }

  std::optional<Step> read_step(const YamlNode& node, bool parallel) {
    if (node.broken) return std::nullopt;
    if (!node.is_map()) {
      reading_.report(node.where,
                      fmt::format("a step is a map of keys, not {}", node.shown()),
                      node.is_scalar() && step_kind(node.text) != nullptr
                          ? fmt::format("write {}",
                                        step_kind(node.text)->example.substr(
                                            0, step_kind(node.text)->example.find('\n')))
                          : "write  - hold: 20s");
      return std::nullopt;
    }
    const StepKind* kind = kind_of(node);
    if (kind == nullptr) return std::nullopt;
    const YamlEntry& verb = *node.find(kind->name);
    if (parallel && (kind->name == "parallel" || kind->name == "baseline")) {
      reading_.report(verb.where, fmt::format("'{}' cannot stand inside 'parallel'", kind->name));
      return std::nullopt;
    }
    Step step;
    step.where = kind->name == "inject" || kind->name == "undo" ? verb.value.where : verb.where;
    std::vector<std::string> others = strings(kind->special);
    others.emplace_back("when");
    const Owner owner{fmt::format("step '{}'", kind->name), verb.where};
    const Params params = read_fields(kind->fields, node, owner, context_.names, reading_, others);
    if (const YamlEntry* when = node.find("when");
        when != nullptr && !context_.variables.holds(when->value)) {
      skipped_.push_back(step.where);
    }
    if (!read_action(*kind, params, node, step)) return std::nullopt;
    return step;
  }

  /// The kind whose key the step has; reports a step that has none or two.
  const StepKind* kind_of(const YamlNode& node) {
    const StepKind* kind = nullptr;
    for (const YamlEntry& entry : node.entries) {
      const StepKind* named = step_kind(entry.key);
      if (named == nullptr) continue;
      if (kind != nullptr) {
        reading_.report(
            entry.where,
            fmt::format("a step does one thing: '{}' and '{}' are two", kind->name, named->name),
            "begin another step with '- '");
        return nullptr;
      }
      kind = named;
    }
    if (kind != nullptr || node.entries.empty()) return kind;
    const YamlEntry& first = node.entries.front();
    std::string hint = suggestion(first.key, step_names());
    if (first.key == "fault") hint = "name the step: begin it with  - inject: NAME";
    reading_.report(first.where, fmt::format("there is no step '{}'", first.key), hint);
    return nullptr;
  }

  /// Fills `step.action`; false where it could not be read (which has been reported).
  bool read_action(const StepKind& kind, const Params& params, const YamlNode& node, Step& step) {
    const YamlEntry& verb = *node.find(kind.name);
    if (kind.name == "inject") return read_inject(params, node, step);
    if (kind.name == "await") return read_await(params, verb, step);
    if (kind.name == "expect") {
      step.action = ExpectStep{
          read_condition(expect_place(), verb.value, verb.where, context_.names, reading_)};
      return true;
    }
    if (kind.name == "parallel") {
      step.action = ParallelStep{read_list(verb, true)};
      return true;
    }
    if (!is_whole(kind.fields, params)) return false;
    if (kind.name == "baseline") step.action = BaselineStep{params.duration("baseline")};
    if (kind.name == "hold") step.action = HoldStep{params.duration("hold")};
    if (kind.name == "undo") step.action = UndoStep{params.text("undo")};
    if (kind.name == "ask") step.action = AskStep{params.text("ask"), params.duration("within")};
    if (kind.name == "run") {
      const Params run = params.object("run");
      step.action = RunStep{run.text("host"), run.list("argv"), run.duration("timeout")};
    }
    return true;
  }

  /// Whether every key that must be there could be read.
  static bool is_whole(const Schema& fields, const Params& params) {
    return std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
      if (!params.has(field.name)) return !field.required && field.fallback.empty();
      return field.type != Type::Object || is_whole(field.fields, params.object(field.name));
    });
  }

  bool read_inject(const Params& params, const YamlNode& node, Step& step) {
    InjectStep inject;
    if (params.has("inject")) inject.name = params.text("inject");
    if (params.has("deadline")) inject.deadline = params.duration("deadline");
    inject.accept_irreversible = node.find("irreversible") != nullptr;
    inject.accept_all_regions = node.find("all_regions") != nullptr;
    const YamlEntry* fault = node.find("fault");
    if (fault == nullptr) {
      reading_.report(step.where,
                      fmt::format("step 'inject: {}' needs 'fault'", inject.name),
                      "fault: {kind: {parameters}}; `muster faults` lists the kinds");
    } else {
      read_fault(*fault, inject);
    }
    step.action = std::move(inject);
    return true;
  }

  void read_fault(const YamlEntry& fault, InjectStep& inject) {
    const YamlNode& node = fault.value;
    if (node.broken) return;
    if (!node.is_map() || node.entries.size() != 1) {
      reading_.report(
          node.is_map() ? fault.where : node.where,
          node.is_map()
              ? fmt::format("'fault' has one kind, not {}", node.entries.size())
              : fmt::format("'fault' must be {{kind: {{parameters}}}}, not {}", node.shown()),
          "one inject step for each fault; `muster faults` lists the kinds");
      return;
    }
    const YamlEntry& entry = node.entries.front();
    const KindSpec* kind = context_.catalogue.fault(entry.key);
    if (kind == nullptr) {
      reading_.report(entry.where,
                      fmt::format("there is no fault '{}'", entry.key),
                      suggestion(entry.key, fault_names(context_.catalogue)));
      return;
    }
    inject.kind = kind->name;
    const Owner owner{fmt::format("fault '{}'", kind->name), entry.where};
    inject.params = read_fields(kind->fields, entry.value, owner, context_.names, reading_);
  }

  bool read_await(const Params& params, const YamlEntry& entry, Step& step) {
    AwaitStep await;
    if (params.has("within")) await.within = params.duration("within");
    const YamlNode& node = entry.value;
    const YamlEntry* failover = node.find("failover");
    const YamlEntry* recovery = node.find("recovery");
    if (failover == nullptr && recovery == nullptr) {
      await.condition = read_awaited(entry);
    } else {
      if (failover != nullptr && recovery != nullptr) {
        reading_.report(recovery->where,
                        "'await' waits for one thing: failover or recovery",
                        "write two steps");
      }
      const Params what =
          read_fields(milestone_fields(), node, {"'await'", entry.where}, context_.names, reading_);
      await.kind = failover != nullptr ? AwaitStep::Kind::Failover : AwaitStep::Kind::Recovery;
      const std::string_view key = failover != nullptr ? "failover" : "recovery";
      if (what.has(key)) await.probe = what.text(key);
    }
    step.action = std::move(await);
    return true;
  }

  Condition read_awaited(const YamlEntry& entry) {
    const YamlNode& node = entry.value;
    const bool nothing_known =
        node.is_map() && node.find("metric") == nullptr && !node.entries.empty();
    if (nothing_known || node.is_scalar()) {
      const std::string word = node.is_map() ? node.entries.front().key : node.text;
      reading_.report(
          node.is_map() ? node.entries.front().where : node.where,
          fmt::format("'await' cannot wait for '{}'", word),
          "write {failover: PROBE}, {recovery: PROBE} or {metric: ..., probe: ..., max: ...}");
      return {};
    }
    return read_condition(await_place(), node, entry.where, context_.names, reading_);
  }

  const StepContext& context_;
  Reading& reading_;
  std::vector<Where> skipped_;
};

}  // namespace

bool WrittenSteps::skips(const Step& step) const {
  return std::find(skipped.begin(), skipped.end(), step.where) != skipped.end();
}

std::vector<Step> WrittenSteps::taken() const {
  std::vector<Step> taken;
  for (const Step& step : steps) {
    if (skips(step)) continue;
    taken.push_back(step);
    if (auto* parallel = std::get_if<ParallelStep>(&taken.back().action)) {
      std::erase_if(parallel->branches, [&](const Step& branch) { return skips(branch); });
      if (parallel->branches.empty()) taken.pop_back();
    }
  }
  return taken;
}

WrittenSteps read_steps(const YamlEntry& section, const StepContext& context) {
  return StepsReader(context).read(section);
}

}  // namespace muster
