#include "runner/drill/steps.h"

#include <boost/asio.hpp>

#include "base/text.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr Duration kPoll = std::chrono::milliseconds(100);
/// An answer that is due but not yet in is no sign of an unsteady system.
constexpr Duration kLastAnswers = std::chrono::milliseconds(100);

std::string seen(const Condition& condition, const std::optional<double>& value) {
  if (!value) return condition.metric + " could not be measured: no samples";
  const MetricSpec* spec = metric_spec(condition.metric);
  if (spec != nullptr && spec->unit == "ratio")
    return fmt::format("{} was {:.3g} %", condition.metric, *value * 100);
  if (spec != nullptr && spec->unit == "s")
    return fmt::format("{} was {}", condition.metric, human_duration(from_seconds(*value)));
  return fmt::format("{} was {:.6g}", condition.metric, *value);
}

std::string title_of(const AwaitStep& step) {
  switch (step.kind) {
    case AwaitStep::Kind::Failover:
      return "failover of " + step.probe;
    case AwaitStep::Kind::Recovery:
      return "recovery of " + step.probe;
    case AwaitStep::Kind::Condition:
      break;
  }
  return step.condition.text();
}

}  // namespace

Task<> StepRunner::run() {
  co_await run_list(parts_.record.playbook.steps);
}

Task<> StepRunner::run_list(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (parts_.stopped()) throw boost::system::system_error(asio::error::operation_aborted);
    parts_.now_doing = step.title();
    std::exception_ptr failed;
    const auto told = [&step](const Error& error) {
      return fmt::format("step '{}': {}", step.title(), error.what());
    };
    try {
      co_await run_step(step);
    } catch (const NotSteady&) {
      throw;
    } catch (const Refused& error) {
      failed = std::make_exception_ptr(Refused(told(error), step.where));
    } catch (const Error& error) {
      failed = std::make_exception_ptr(Error(told(error), step.where));
    }
    if (failed) std::rethrow_exception(failed);
  }
}

Task<> StepRunner::run_step(const Step& step) {
  if (const auto* s = std::get_if<BaselineStep>(&step.action)) co_await baseline(*s);
  if (const auto* s = std::get_if<InjectStep>(&step.action)) co_await inject(*s);
  if (const auto* s = std::get_if<UndoStep>(&step.action)) co_await undo(*s);
  if (const auto* s = std::get_if<HoldStep>(&step.action)) co_await hold(*s);
  if (const auto* s = std::get_if<AwaitStep>(&step.action)) co_await await(*s);
  if (const auto* s = std::get_if<ExpectStep>(&step.action)) co_await expect(*s);
  if (const auto* s = std::get_if<RunStep>(&step.action)) co_await run_command(*s);
  if (const auto* s = std::get_if<AskStep>(&step.action)) co_await ask(*s);
  if (const auto* s = std::get_if<ParallelStep>(&step.action)) co_await parallel(*s);
}

Task<> StepRunner::baseline(const BaselineStep& step) {
  note("note", fmt::format("measuring the baseline for {}", format_duration(step.length)));
  const Time began = parts_.record.baseline_began.value_or(clock().now());
  co_await clock().sleep_until(began + step.length);
  parts_.record.baseline_ended = clock().now();
  co_await clock().sleep_for(kLastAnswers);
  check_steady(step.length);
}

void StepRunner::check_steady(Duration window) {
  steady_checked_ = true;
  bool steady = true;
  const Time end = parts_.record.baseline_ended.value_or(clock().now());
  for (Condition condition : parts_.record.playbook.steady) {
    if (!condition.over) condition.over = window;
    const auto value = parts_.measurement.live().value(condition, end);
    const bool held = value && holds(condition, *value);
    parts_.record.checks.push_back(
        {"steady", condition.text(), held, clock().now(), window, seen(condition, value)});
    if (!held)
      note("note", "not steady: " + seen(condition, value) + ", asked for " + condition.text());
    steady = steady && held;
  }
  if (!steady) throw NotSteady("the system was not steady before the fault");
}

/// Users are about to move: there has to be somebody to serve them.
Task<> StepRunner::check_peers() {
  std::vector<CheckRecord> checks = co_await parts_.peers.conclude();
  std::vector<std::string> unhealthy;
  for (CheckRecord& check : checks) {
    if (!check.held) unhealthy.push_back(fmt::format("{} ({})", check.text, check.saw));
    parts_.record.checks.push_back(std::move(check));
  }
  if (unhealthy.empty()) co_return;
  note("note", "not healthy: " + join(unhealthy, "; "));
  throw NotSteady("the region that users would move to was not healthy before the fault");
}

Task<> StepRunner::inject(const InjectStep& step) {
  if (parts_.peers.guards(step.name)) co_await check_peers();
  if (!steady_checked_ && !parts_.record.playbook.steady.empty())
    check_steady(std::chrono::seconds(5));
  if (!parts_.record.baseline_ended) parts_.record.baseline_ended = clock().now();
  const auto planned =
      std::find_if(parts_.planned.begin(), parts_.planned.end(), [&](const PlannedInject& each) {
        return each.step == step.name;
      });
  const PlannedInject now = co_await plan_at_its_turn(parts_.record.playbook,
                                                      parts_.record.stack,
                                                      step,
                                                      parts_.world.hosts,
                                                      parts_.record.id,
                                                      *planned);
  co_await ask_leash();
  co_await parts_.faults.inject(now);
}

/// What allowed the run to start may have changed while the baseline was measured.
Task<> StepRunner::ask_leash() {
  if (parts_.world.leash == nullptr) co_return;
  std::string id = parts_.record.id;
  const std::vector<std::string> reasons =
      co_await parts_.world.leash->why_not_inject(std::move(id));
  if (!reasons.empty()) throw Refused("nothing may be broken now: " + join(reasons, "; "));
}

Task<> StepRunner::undo(const UndoStep& step) {
  Task<> work = parts_.faults.undo(step.name);
  co_await uncancelled(std::move(work));
}

Task<> StepRunner::hold(const HoldStep& step) {
  co_await clock().sleep_for(step.length);
}

bool StepRunner::reached(const AwaitStep& step, Time now) const {
  const LiveMetrics& live = parts_.measurement.live();
  if (step.kind == AwaitStep::Kind::Condition) {
    const auto value = live.value(step.condition, now);
    return value && holds(step.condition, *value);
  }
  const bool failover = step.kind == AwaitStep::Kind::Failover;
  const auto since = failover ? parts_.record.injected() : parts_.record.undone();
  const std::vector<std::string> none;
  return live
      .settled_since(step.probe,
                     since.value_or(parts_.record.started),
                     now,
                     failover ? parts_.record.regions_out : none)
      .has_value();
}

Task<> StepRunner::await(const AwaitStep& step) {
  const Time began = clock().now();
  const Time last = began + step.within;
  bool held = reached(step, began);
  while (!held && clock().now() < last) {
    parts_.now_doing = fmt::format("await {}, {} of {}",
                                   title_of(step),
                                   human_duration(clock().now() - began),
                                   format_duration(step.within));
    co_await clock().sleep_for(kPoll);
    held = reached(step, clock().now());
  }
  const Duration waited = clock().now() - began;
  parts_.record.checks.push_back({"await", title_of(step), held, clock().now(), waited, ""});
  const bool failover = step.kind == AwaitStep::Kind::Failover;
  if (held) {
    note(failover ? "failover" : "recover", fmt::format("{}: reached and settled", title_of(step)));
  } else {
    note("note",
         fmt::format("{}: not reached within {}", title_of(step), format_duration(step.within)));
  }
}

Task<> StepRunner::expect(const ExpectStep& step) {
  const auto value = parts_.measurement.live().value(step.condition, clock().now());
  const bool held = value && holds(step.condition, *value);
  parts_.record.checks.push_back(
      {"expect", step.condition.text(), held, clock().now(), {}, seen(step.condition, value)});
  note("note",
       fmt::format(
           "expect {}: {}", step.condition.text(), held ? "held" : seen(step.condition, value)));
  co_return;
}

Task<> StepRunner::run_command(const RunStep& step) {
  Host& host = parts_.world.hosts.host(step.host);
  Command command{step.argv, {}, step.timeout};
  const std::string shown = show_argv(step.argv);
  const CommandResult result = co_await host.run(std::move(command));
  note("action", fmt::format("ran on {}: {} ({})", step.host, shown, human_duration(result.took)));
}

Task<> StepRunner::ask(const AskStep& step) {
  const Time began = clock().now();
  note("note", "asking: " + step.question);
  bool yes = false;
  const auto put = [](Asker& asker, std::string question, bool& answer) -> Task<> {
    answer = co_await asker.ask(std::move(question));
  };
  Task<> question = put(parts_.world.asker, step.question, yes);
  const bool answered = co_await with_deadline(clock(), std::move(question), step.within);
  if (!answered) fail("nobody answered within {}", format_duration(step.within));
  if (!yes) fail("answered no: {}", step.question);
  const Duration waited = clock().now() - began;
  parts_.record.checks.push_back(
      {"ask", step.question, true, clock().now(), waited, "yes after " + human_duration(waited)});
  note("action", fmt::format("confirmed after {}: {}", human_duration(waited), step.question));
}

Task<> StepRunner::parallel(const ParallelStep& step) {
  auto executor = co_await asio::this_coro::executor;
  TaskGroup branches(executor);
  std::vector<std::vector<Step>> lists;
  for (const Step& branch : step.branches) lists.push_back({branch});
  for (const auto& list : lists) branches.spawn(run_list(list));
  co_await branches.join();
}

void StepRunner::note(std::string kind, std::string text) {
  parts_.tell({clock().now(), std::move(kind), "muster", printable(text), ""});
}

}  // namespace muster
