#include "runner/plan/plan.h"

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

/// Some kinds can be undone on one stack and not on another, which only their plan tells.
void require_acceptance(const FaultPlan& plan, const InjectStep& inject) {
  for (const Change& change : plan.changes)
    if (change.undo_class == UndoClass::Irreversible && !inject.accept_irreversible)
      fail("'{}' cannot be undone on this stack; say so in the step with  irreversible: accepted",
           change.what);
}

/// Everything of a plan that is promised before the drill: whom it hits, what it takes hold of, and
/// whether that can be undone.
std::vector<std::string> promised(const FaultPlan& plan) {
  std::vector<std::string> lines;
  for (const Change& change : plan.changes)
    lines.push_back(fmt::format("{} {} {} {} {}",
                                change.host,
                                change.resource,
                                name_of(change.undo_class),
                                change.order,
                                change.what));
  return lines;
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
      require_acceptance(entry.plan, inject);
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

Task<PlannedInject> plan_at_its_turn(const Playbook& playbook,
                                     const Stack& stack,
                                     const InjectStep& inject,
                                     Hosts& hosts,
                                     std::string run_id,
                                     PlannedInject planned) {
  const FaultKind* kind = fault_kind(inject.kind);
  if (!kind->planned_at_its_turn) co_return planned;
  FaultContext context{
      stack, hosts, run_id, inject.kind, inject.name, hard_deadline(playbook, inject), true};
  FaultPlan now = co_await kind->plan(inject.params, context);
  if (promised(now) != promised(planned.plan))
    fail("it would now change something else than what was planned: {}",
         now.changes.empty() ? "nothing" : now.changes.front().what);
  planned.plan = std::move(now);
  co_return planned;
}

}  // namespace muster
