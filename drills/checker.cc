#include "drills/checker.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

std::string quoted(const std::vector<std::string_view>& words) {
  return one_of({words.begin(), words.end()});
}

/// The least time a step takes: only what is waited for without a condition counts.
Duration least_length(const Step& step) {
  if (const auto* hold = std::get_if<HoldStep>(&step.action)) return hold->length;
  if (const auto* baseline = std::get_if<BaselineStep>(&step.action)) return baseline->length;
  Duration longest{};
  if (const auto* parallel = std::get_if<ParallelStep>(&step.action)) {
    for (const Step& branch : parallel->branches) longest = std::max(longest, least_length(branch));
  }
  return longest;
}

/// Calls `visit` with each step, and with the branches of parallel ones.
template <class Visit>
void for_each_step(const std::vector<Step>& steps, Visit visit) {
  for (const Step& step : steps) {
    visit(step);
    if (const auto* parallel = std::get_if<ParallelStep>(&step.action))
      for_each_step(parallel->branches, visit);
  }
}

/// Walks the steps in order and knows, at each, what is broken by then.
class OrderChecker {
 public:
  OrderChecker(const Playbook& playbook,
               const WrittenSteps& written,
               const Catalogue& catalogue,
               Reading& reading)
      : playbook_(playbook), written_(written), catalogue_(catalogue), reading_(reading) {}

  void check() {
    for (const Step& step : playbook_.steps) {
      if (const auto* parallel = std::get_if<ParallelStep>(&step.action)) {
        beside_ = &parallel->branches;
        for (const Step& branch : parallel->branches) check_before(branch);
        for (const Step& branch : parallel->branches) apply(branch);
        beside_ = nullptr;
      } else {
        check_before(step);
        apply(step);
      }
      elapsed_ += least_length(step);
    }
    for (const Injected& each : injected_) {
      if (each.undone_line == 0) check_deadline(each, "the end of the drill");
    }
    if (!playbook_.steady.empty() && !baseline_seen_) {
      reading_.report(playbook_.steady.front().where,
                      "'steady' is looked at in the baseline, and no step is one",
                      "begin the steps with  - baseline: 10s");
    }
  }

 private:
  struct Injected {
    const InjectStep* step = nullptr;
    const KindSpec* kind = nullptr;
    Where where;
    Duration since{};
    int undone_line = 0;
  };

  void check_before(const Step& step) {
    if (const auto* inject = std::get_if<InjectStep>(&step.action))
      check_inject(*inject, step.where);
    if (const auto* undo = std::get_if<UndoStep>(&step.action)) check_undo(*undo, step.where);
    if (const auto* await = std::get_if<AwaitStep>(&step.action)) check_await(*await, step.where);
    if (!std::holds_alternative<BaselineStep>(step.action)) return;
    if (baseline_seen_)
      reading_.report(
          step.where, "there is a baseline already", "one baseline, before the first inject");
    if (!injected_.empty()) {
      reading_.report(step.where,
                      fmt::format("a baseline after 'inject: {}' measures the fault",
                                  injected_.front().step->name),
                      "move it to the top");
    }
    baseline_seen_ = true;
  }

  void apply(const Step& step) {
    if (const auto* inject = std::get_if<InjectStep>(&step.action)) {
      injected_.push_back({inject, catalogue_.fault(inject->kind), step.where, elapsed_, 0});
    }
    const auto* undo = std::get_if<UndoStep>(&step.action);
    Injected* target = undo == nullptr ? nullptr : find(undo->name);
    if (target == nullptr || target->undone_line != 0) return;
    check_deadline(*target, "its undo");
    target->undone_line = step.where.line;
    undo_seen_ = true;
  }

  Injected* find(std::string_view name) {
    const auto found = std::find_if(injected_.begin(), injected_.end(), [&](const Injected& each) {
      return each.step->name == name;
    });
    return found == injected_.end() ? nullptr : &*found;
  }

  void check_inject(const InjectStep& inject, const Where& where) {
    if (const Injected* earlier = find(inject.name);
        earlier != nullptr || !names_.insert(inject.name).second) {
      const int line = earlier == nullptr ? where.line : earlier->where.line;
      reading_.report(where,
                      fmt::format("the step name '{}' is taken (line {})", inject.name, line),
                      "each inject needs its own");
    }
    const KindSpec* kind = catalogue_.fault(inject.kind);
    if (kind == nullptr || kind->undo != UndoClass::Irreversible || inject.accept_irreversible)
      return;
    reading_.report(
        where,
        fmt::format("'{}' cannot be undone, and this step does not accept that", inject.kind),
        "add  irreversible: accepted");
  }

  void check_undo(const UndoStep& undo, const Where& where) {
    if (const Injected* target = find(undo.name)) {
      if (target->undone_line != 0) {
        reading_.report(
            where, fmt::format("'{}' is undone already (line {})", undo.name, target->undone_line));
      } else if (target->kind != nullptr && target->kind->undo == UndoClass::Irreversible) {
        reading_.report(
            where,
            fmt::format("'{}' cannot be undone: {} has no undo", undo.name, target->kind->name));
      }
      return;
    }
    const Step* later = written_inject(undo.name);
    if (later == nullptr) {
      reading_.report(where,
                      fmt::format("there is no earlier 'inject: {}'", undo.name),
                      suggestion(undo.name, names_so_far()));
    } else if (written_.skips(*later)) {
      reading_.report(
          where,
          fmt::format(
              "'inject: {}' is left out by its 'when' (line {})", undo.name, later->where.line),
          "give this step the same 'when'");
    } else if (beside_ != nullptr && starts_in(*beside_, undo.name)) {
      reading_.report(
          where,
          fmt::format("'{}' starts at the same time (line {})", undo.name, later->where.line),
          "undo it in a step after this 'parallel'");
    } else {
      reading_.report(
          where,
          fmt::format(
              "'{}' is undone here but starts later (line {})", undo.name, later->where.line));
    }
  }

  static bool starts_in(const std::vector<Step>& branches, std::string_view name) {
    return std::any_of(branches.begin(), branches.end(), [&](const Step& branch) {
      const auto* inject = std::get_if<InjectStep>(&branch.action);
      return inject != nullptr && inject->name == name;
    });
  }

  const Step* written_inject(std::string_view name) const {
    const Step* found = nullptr;
    for_each_step(written_.steps, [&](const Step& step) {
      const auto* inject = std::get_if<InjectStep>(&step.action);
      if (inject != nullptr && inject->name == name && found == nullptr) found = &step;
    });
    return found;
  }

  std::vector<std::string> names_so_far() const {
    std::vector<std::string> names;
    for (const Injected& each : injected_) names.push_back(each.step->name);
    return names;
  }

  void check_await(const AwaitStep& await, const Where& where) {
    if (await.kind == AwaitStep::Kind::Failover && injected_.empty()) {
      reading_.report(
          where, "nothing is broken yet that users could fail over from", "inject a fault first");
    }
    if (await.kind == AwaitStep::Kind::Recovery && !undo_seen_ && !heals_itself()) {
      reading_.report(
          where, "nothing is undone yet that users could recover by", "undo a fault first");
    }
    const ProbeSpec* probe = playbook_.probe(await.probe);
    if (await.kind != AwaitStep::Kind::Condition && probe != nullptr &&
        await.within <= probe->settle) {
      reading_.report(
          where,
          fmt::format("'within: {}' can never be met: '{}' must stay good for {} (settle)",
                      format_duration(await.within),
                      probe->name,
                      format_duration(probe->settle)),
          "allow more time, or lower the probe's settle");
    }
  }

  bool heals_itself() const {
    return std::any_of(injected_.begin(), injected_.end(), [](const Injected& each) {
      return each.kind == nullptr || each.kind->undo != UndoClass::Reversible;
    });
  }

  void check_deadline(const Injected& each, std::string_view until) {
    const Duration length = elapsed_ - each.since;
    if (!each.step->deadline || *each.step->deadline > length) return;
    reading_.report(
        each.where,
        fmt::format("the deadline of '{}' ({}) passes before {}: the steps between take {}",
                    each.step->name,
                    format_duration(*each.step->deadline),
                    until,
                    format_duration(length)),
        "the guard would undo it in the middle");
  }

  const Playbook& playbook_;
  const WrittenSteps& written_;
  const Catalogue& catalogue_;
  Reading& reading_;
  std::vector<Injected> injected_;
  std::set<std::string> names_;
  const std::vector<Step>* beside_ = nullptr;  ///< the branches of the parallel step we are in
  Duration elapsed_{};
  bool baseline_seen_ = false;
  bool undo_seen_ = false;
};

class ConditionChecker {
 public:
  ConditionChecker(const Playbook& playbook, Reading& reading)
      : playbook_(playbook), reading_(reading) {}

  void check(const std::vector<Condition>& conditions) {
    for (const Condition& condition : conditions) check(condition);
  }

  void check(const Condition& condition) {
    const MetricSpec* metric = metric_spec(condition.metric);
    if (metric == nullptr) return;
    if (condition.probe.empty()) {
      if (metric->needs_probe) {
        reading_.report(
            condition.where, fmt::format("'{}' needs a probe", metric->name), probe_hint(*metric));
      }
      return;
    }
    const ProbeSpec* probe = playbook_.probe(condition.probe);
    if (probe == nullptr || probe->kind.empty()) return;  // reported where it is named
    const auto& kinds = metric->kinds;
    if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), probe->kind) == kinds.end()) {
      reading_.report(condition.where,
                      fmt::format("'{}' comes from a {} probe; '{}' is {}",
                                  metric->name,
                                  quoted(kinds),
                                  probe->name,
                                  probe->kind),
                      probe_hint(*metric));
    }
    if (metric->name == "error_budget_spent" && !probe->slo) {
      reading_.report(
          condition.where,
          fmt::format("'{}' has no error budget", probe->name),
          fmt::format("write  slo: {{availability: 99.9%}}  in probe '{}'", probe->name));
    }
    check_alert(condition, *metric, *probe);
    if (metric->name == "purge_delay" && probe->kind == "cdn" && !probe->params.has("publish")) {
      reading_.report(condition.where,
                      fmt::format("'{}' publishes nothing", probe->name),
                      "write what it publishes under 'publish'; see `muster probes cdn`");
    }
    const auto& from = probe->from;
    if (!condition.vantage.empty() && !from.empty() &&
        std::find(from.begin(), from.end(), condition.vantage) == from.end()) {
      reading_.report(condition.where,
                      fmt::format("'{}' does not look from '{}'", probe->name, condition.vantage),
                      fmt::format("it looks from {}", join(from, ", ")));
    }
  }

 private:
  /// A probe asks for an alert or for a value.
  void check_alert(const Condition& condition, const MetricSpec& metric, const ProbeSpec& probe) {
    if (probe.kind != "prometheus_query" || metric.kinds.empty()) return;
    const bool of_alert = metric.name == "time_to_alert";
    if (of_alert == probe.params.has("alert")) return;
    reading_.report(condition.where,
                    fmt::format("'{}' asks for {}, and '{}' is of {}",
                                probe.name,
                                of_alert ? "a value" : "an alert",
                                metric.name,
                                of_alert ? "an alert" : "a value"));
  }

  /// "probe: readers", if only one of the playbook's fits.
  std::string probe_hint(const MetricSpec& metric) const {
    std::vector<std::string> fitting;
    for (const ProbeSpec& probe : playbook_.probes) {
      const auto& kinds = metric.kinds;
      if (kinds.empty() || std::find(kinds.begin(), kinds.end(), probe.kind) != kinds.end())
        fitting.push_back(probe.name);
    }
    if (fitting.empty()) return "the playbook has none that fits";
    return fmt::format("probe: {}", one_of(fitting));
  }

  const Playbook& playbook_;
  Reading& reading_;
};

void check_milestones(const Playbook& playbook, Reading& reading) {
  bool injects = false;
  for_each_step(playbook.steps, [&](const Step& step) {
    injects |= std::holds_alternative<InjectStep>(step.action);
  });
  if (injects) return;
  for (const Condition& objective : playbook.objectives) {
    if (!objective.metric.starts_with("time_to_") && objective.metric != "catch_up_time") continue;
    reading.report(
        objective.where,
        fmt::format("'{}' counts from a fault, and no step injects one", objective.metric));
  }
}

}  // namespace

void check_playbook(const Playbook& playbook,
                    const WrittenSteps& written,
                    const Catalogue& catalogue,
                    Reading& reading) {
  OrderChecker(playbook, written, catalogue, reading).check();
  ConditionChecker conditions(playbook, reading);
  conditions.check(playbook.steady);
  conditions.check(playbook.stop_if);
  conditions.check(playbook.objectives);
  for_each_step(written.steps, [&](const Step& step) {
    if (const auto* await = std::get_if<AwaitStep>(&step.action))
      conditions.check(await->condition);
    if (const auto* expect = std::get_if<ExpectStep>(&step.action))
      conditions.check(expect->condition);
  });
  check_milestones(playbook, reading);
}

}  // namespace muster
