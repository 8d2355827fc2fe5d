#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/secret.h"
#include "runner/commands/commands.h"
#include "runner/drill/drill_run.h"
#include "runner/drill/ending.h"
#include "runner/exit_code.h"
#include "runner/serve/turn.h"

namespace muster {

namespace {

/// What a server asked for, read again by the process that does it: the files may have changed.
struct Turn {
  Settings settings;
  TurnOrder order;
  Schedule schedule;
  Drill drill;
};

std::vector<std::string> set_words(const std::map<std::string, std::string>& set) {
  std::vector<std::string> words;
  words.reserve(set.size());
  for (const auto& [name, value] : set) words.push_back(name + "=" + value);
  return words;
}

DrillRunOptions options_of(const ScheduleSettings& settings,
                           const TurnOrder& order,
                           const std::string& store,
                           Leash& leash) {
  DrillRunOptions options;
  options.json = true;
  options.progress = true;
  options.leash = &leash;
  options.store = store;
  options.triggered_by = order.by_person ? kByPerson : kBySchedule;
  options.labels = settings.labels;
  options.labels["schedule"] = settings.name;
  options.permission.yes_production = settings.yes_production;
  options.permission.drill_words =
      drill_words(settings.playbook, set_words(settings.set), settings.stack);
  return options;
}

void tell(const std::string& problem) {
  if (!problem.empty()) std::fputs((without_secrets(problem) + "\n").c_str(), stderr);
}

/// All trials of the playbook; as in `muster run`, nothing but a pass or a fail is repeated. The
/// worst result decides. One that may not start any more ends them: the trials before it stand, and
/// whoever needs all of them finds that some are missing.
Task<Result> run_trials(Drill drill, DrillRunOptions options) {
  std::optional<Result> worst;
  for (int trial = 1; trial <= drill.playbook.trials; ++trial) {
    options.trial = trial;
    Drill copy = drill;
    std::optional<FinishedRun> finished;
    try {
      finished = co_await run_drill(std::move(copy), options);
    } catch (const Refused& refusal) {
      if (!worst) throw;
      tell(fmt::format(
          "trial {} of {} did not start: {}", trial, drill.playbook.trials, refusal.what()));
      break;
    }
    if (options.trial_group.empty()) options.trial_group = finished->result.run.id;
    say(compact_json(to_json(finished->result)) + "\n");  // the server may have gone
    const int code = finished->result.verdict.exit_code;
    if (!worst || code > worst->verdict.exit_code) worst = std::move(finished->result);
    if (code > 1) break;
  }
  co_return std::move(*worst);
}

Task<int> run_turn(Turn turn) {
  SystemClock clock;
  ClockWatch clock_watch(clock);
  const auto here = make_host("here", "local", {});
  const std::string location = turn.settings.store.empty() ? default_store() : turn.settings.store;
  SharedStore store(location);
  auto executor = co_await boost::asio::this_coro::executor;
  TurnLeash leash(executor,
                  {turn.schedule,
                   turn.order,
                   turn.drill.playbook.drill,
                   turn.drill.stack.environment,
                   {clock, clock_watch, *here, store}});
  TaskGroup held(executor);
  held.spawn(leash.hold());
  TurnEnd end;
  std::exception_ptr failed;
  try {
    DrillRunOptions options = options_of(turn.schedule.settings(), turn.order, location, leash);
    Drill drill = std::move(turn.drill);
    const Result result = co_await run_trials(std::move(drill), std::move(options));
    end = end_of_turn(result, leash.pull());
  } catch (const Error& error) {
    failed = std::current_exception();
    end = {leash.started() ? "cut" : "skipped", error.what(), 0};
  }
  tell(co_await problem_of(held.stop()));
  std::string state = end.state;
  std::string why = end.why;
  tell(co_await leash.finish(std::move(state), std::move(why)));
  if (failed) std::rethrow_exception(failed);
  co_return end.exit_code;
}

}  // namespace

Action define_turn(Arguments& arguments) {
  auto& settings = arguments.option("--settings", "FILE", "muster.yaml");
  auto& order = arguments.option("--order", "JSON", "which turn, and whose");
  return [&] {
    Settings read = load_settings(settings);
    TurnOrder asked = turn_order_from(order);
    ScheduleSettings drill = schedule_named(read, asked.schedule);
    Drill loaded = load_drill_as_asked(drill.playbook, set_words(drill.set), drill.stack);
    return run_to_end(run_turn(
        {std::move(read), std::move(asked), Schedule(std::move(drill)), std::move(loaded)}));
  };
}

}  // namespace muster
