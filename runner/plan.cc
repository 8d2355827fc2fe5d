#include "runner/plan.h"

#include "base/error.h"

namespace muster {

namespace {

/// How long a step may take at the most, where it says so itself.
Duration longest(const Step& step) {
  struct Longest {
    Duration operator()(const BaselineStep& s) const { return s.length; }
    Duration operator()(const InjectStep&) const { return std::chrono::seconds(10); }
    Duration operator()(const UndoStep&) const { return std::chrono::seconds(20); }
    Duration operator()(const HoldStep& s) const { return s.length; }
    Duration operator()(const AwaitStep& s) const { return s.within; }
    Duration operator()(const ExpectStep&) const { return Duration::zero(); }
    Duration operator()(const RunStep& s) const { return s.timeout; }
    Duration operator()(const AskStep& s) const { return s.within; }
    Duration operator()(const ParallelStep& s) const {
      Duration most{};
      for (const Step& branch : s.branches) most = std::max(most, longest(branch));
      return most;
    }
  };
  return std::visit(Longest(), step.action);
}

void collect_injects(const std::vector<Step>& steps, std::vector<const Step*>& into) {
  for (const Step& step : steps) {
    if (std::holds_alternative<InjectStep>(step.action)) into.push_back(&step);
    if (const auto* parallel = std::get_if<ParallelStep>(&step.action))
      collect_injects(parallel->branches, into);
  }
}

}  // namespace

Duration hard_deadline(const Playbook& playbook, const InjectStep& inject) {
  if (inject.deadline) return *inject.deadline;
  Duration total{};
  for (const Step& step : playbook.steps) total += longest(step);
  return 2 * total + std::chrono::minutes(1);
}

Task<std::vector<PlannedInject>> plan_drill(const Drill& drill, Hosts& hosts, std::string run_id) {
  std::vector<const Step*> steps;
  collect_injects(drill.playbook.steps, steps);
  std::vector<PlannedInject> planned;
  for (const Step* step : steps) {
    const auto& inject = std::get<InjectStep>(step->action);
    const FaultKind* kind = fault_kind(inject.kind);
    FaultContext context{drill.stack,
                         hosts,
                         run_id,
                         inject.kind,
                         inject.name,
                         hard_deadline(drill.playbook, inject)};
    std::optional<Error> problem;
    PlannedInject entry{inject.name, inject.kind, {}};
    try {
      entry.plan = co_await kind->plan(inject.params, context);
    } catch (const Error& error) {
      problem = Error(fmt::format("{}: {}", step->title(), error.what()), step->where);
    }
    if (entry.plan.changes.empty() && !problem)
      problem = Error(step->title() + ": it would hit nothing", step->where);
    if (problem) throw *problem;
    planned.push_back(std::move(entry));
  }
  co_return planned;
}

}  // namespace muster
