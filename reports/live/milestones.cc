#include "reports/live/milestones.h"

#include <algorithm>

namespace muster {

namespace {

using Kind = LiveMilestone::Kind;

/// Every step, also those side by side, in the order written.
void flatten(const std::vector<Step>& steps, std::vector<const Step*>& into) {
  for (const Step& step : steps) {
    if (const auto* parallel = std::get_if<ParallelStep>(&step.action)) {
      flatten(parallel->branches, into);
    } else {
      into.push_back(&step);
    }
  }
}

/// What the objectives allow; the tightest of several.
std::optional<Duration> promised(const Playbook& playbook,
                                 std::string_view metric,
                                 std::string_view probe) {
  std::optional<Duration> least;
  for (const Condition& objective : playbook.objectives) {
    if (objective.metric != metric || objective.probe != probe || !objective.max) continue;
    const Duration budget = from_seconds(*objective.max);
    least = std::min(least.value_or(budget), budget);
  }
  return least;
}

class List {
 public:
  void add(Kind kind, const std::string& probe, std::optional<Duration> budget) {
    const bool known = std::any_of(all_.begin(), all_.end(), [&](const LiveMilestone& each) {
      return each.kind == kind && each.probe == probe;
    });
    if (known) return;
    all_.push_back({kind, probe, budget, {}, {}});
  }
  const std::vector<LiveMilestone>& all() const { return all_; }
  /// By kind; of one kind in the order in which they were added.
  std::vector<LiveMilestone> take() {
    std::stable_sort(
        all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; });
    return std::move(all_);
  }

 private:
  std::vector<LiveMilestone> all_;
};

/// Once every change of the first step that was applied has been, or has failed.
std::optional<Time> injection_ended(const RunRecord& record) {
  const auto first = std::find_if(record.actions.begin(),
                                  record.actions.end(),
                                  [](const auto& each) { return each.applied.has_value(); });
  if (first == record.actions.end()) return std::nullopt;
  const bool all = std::all_of(first, record.actions.end(), [&](const ActionRecord& each) {
    return each.step != first->step || each.applied || !each.error.empty();
  });
  return all ? record.injected() : std::nullopt;
}

/// The first that lies ahead or counts, of this kind; nullptr where all are reached or none is
/// there.
const LiveMilestone* open_one(const std::vector<LiveMilestone>& all, Kind kind) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const LiveMilestone& each) {
    return each.kind == kind && !each.reached();
  });
  return found == all.end() ? nullptr : &*found;
}

bool any_reached(const std::vector<LiveMilestone>& all, Kind kind) {
  return std::any_of(all.begin(), all.end(), [&](const LiveMilestone& each) {
    return each.kind == kind && each.reached();
  });
}

bool counts(const std::vector<LiveMilestone>& all, Kind kind) {
  const LiveMilestone* one = open_one(all, kind);
  return one != nullptr && one->running();
}

bool anything_in_force(const RunRecord& record) {
  return std::any_of(record.actions.begin(), record.actions.end(), [](const ActionRecord& action) {
    return !action.undone || !action.undone->clean();
  });
}

}  // namespace

std::optional<Duration> LiveMilestone::taken(Time now) const {
  if (took || !began) return took;
  return std::max(Duration::zero(), now - *began);
}

bool LiveMilestone::over(Time now) const {
  const auto so_far = taken(now);
  return kind != Kind::Baseline && budget && so_far && *so_far > *budget;
}

std::string_view LiveMilestone::name() const {
  switch (kind) {
    case Kind::Baseline:
      return "baseline";
    case Kind::Injected:
      return "injected";
    case Kind::Felt:
      return "impact";
    case Kind::Detected:
      return "detected";
    case Kind::FailedOver:
      return "failover";
    case Kind::Undone:
      return "undone";
    case Kind::Recovered:
      return "recovery";
  }
  return "";
}

LiveMilestones::LiveMilestones(const Playbook& playbook) {
  List list;
  std::vector<std::string> felt;
  std::vector<const Step*> steps;
  flatten(playbook.steps, steps);
  if (const auto budget = promised(playbook, "time_to_detect", ""))
    list.add(Kind::Detected, "", budget);
  for (const ProbeSpec& probe : playbook.probes) {
    if (const auto budget = promised(playbook, "time_to_failover", probe.name))
      list.add(Kind::FailedOver, probe.name, budget);
    if (const auto budget = promised(playbook, "time_to_recover", probe.name))
      list.add(Kind::Recovered, probe.name, budget);
  }
  for (const Step* step : steps) {
    if (const auto* baseline = std::get_if<BaselineStep>(&step->action))
      list.add(Kind::Baseline, "", baseline->length);
    if (std::holds_alternative<InjectStep>(step->action)) {
      list.add(Kind::Injected, "", std::nullopt);
      list.add(Kind::Undone, "", std::nullopt);
    }
    if (const auto* await = std::get_if<AwaitStep>(&step->action)) {
      if (await->kind == AwaitStep::Kind::Failover)
        list.add(Kind::FailedOver, await->probe, await->within);
      if (await->kind == AwaitStep::Kind::Recovery)
        list.add(Kind::Recovered, await->probe, await->within);
    }
  }
  for (const LiveMilestone& each : list.all()) {
    if (each.kind == Kind::FailedOver) felt.push_back(each.probe);
  }
  for (const std::string& probe : felt) list.add(Kind::Felt, probe, std::nullopt);
  all_ = list.take();
}

std::vector<LiveMilestone> LiveMilestones::look(const RunRecord& record,
                                                const LiveMetrics& live,
                                                Time now) {
  std::vector<LiveMilestone> news;
  for (LiveMilestone& each : all_) {
    if (each.reached()) continue;
    look_at(each, record, live, now);
    if (each.reached()) news.push_back(each);
  }
  return news;
}

void LiveMilestones::look_at(LiveMilestone& one,
                             const RunRecord& record,
                             const LiveMetrics& live,
                             Time now) {
  const auto reach = [&one](const std::optional<Time>& at) {
    if (at && one.began) one.took = std::max(Duration::zero(), *at - *one.began);
  };
  switch (one.kind) {
    case Kind::Baseline:
      one.began = record.baseline_began;
      reach(record.baseline_ended);
      break;
    case Kind::Injected:
      one.began = record.injection_began();
      reach(injection_ended(record));
      break;
    case Kind::Felt:
      one.began = record.injected();
      if (const auto began = record.injection_began()) reach(live.first_failure(one.probe, *began));
      break;
    case Kind::Detected:
      one.began = record.injected();
      if (const auto began = record.injection_began()) {
        const auto sign = live.first_sign(*began);
        if (sign) one.probe = sign->second;
        if (sign) reach(sign->first);
      }
      break;
    case Kind::FailedOver:
      one.began = record.injected();
      // Once the fault is being undone it is no longer the failover that makes users well.
      if (one.began && !record.undo_began())
        reach(live.settled_since(one.probe, *one.began, now, record.regions_out));
      break;
    case Kind::Undone:
      one.began = record.undo_began();
      if (!anything_in_force(record)) reach(record.undone());
      break;
    case Kind::Recovered:
      if (!anything_in_force(record)) one.began = record.undone();
      if (one.began) reach(live.settled_since(one.probe, *one.began, now, {}));
      break;
  }
}

std::string_view phase_of(const std::vector<LiveMilestone>& all) {
  if (counts(all, Kind::Recovered)) return "recovering";
  if (any_reached(all, Kind::Recovered)) return "recovered";
  if (counts(all, Kind::Undone)) return "undoing";
  if (any_reached(all, Kind::Undone)) return "undone";
  if (any_reached(all, Kind::Injected)) {
    if (counts(all, Kind::Detected)) return "undetected";
    if (counts(all, Kind::FailedOver)) return "failing over";
    return any_reached(all, Kind::FailedOver) ? "failed over" : "fault in force";
  }
  if (counts(all, Kind::Injected)) return "injecting";
  return counts(all, Kind::Baseline) ? "baseline" : "starting";
}

}  // namespace muster
