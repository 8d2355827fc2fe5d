
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/drill/recovery.h"
#include "runner/exit_code.h"
#include "runner/plan/reach.h"
#include "runner/record/run_results.h"
#include "runner/record/stack_hold.h"
#include "store/store.h"

namespace muster {

namespace {

void show(const RecoveredChange& recovered) {
  say(fmt::format("{}: {} on {}: {}\n",
                  name_of(recovered.undone.state),
                  recovered.change.what,
                  recovered.change.host,
                  printable(recovered.undone.evidence)));
}

void show_damage(const RunTrace& trace) {
  const std::string journal = (run_directory(trace.id) / "journal").string();
  say("the journal of run " + trace.id + " is damaged: look at its hosts yourself, then remove " +
      journal + "\n");
}

/// By the clock and on the hosts of the real world.
Task<std::vector<RecoveredChange>> recover_here(const RunTrace& trace) {
  SystemClock clock;
  StackHosts hosts(trace.hosts);
  RunTrace copy = trace;
  co_return co_await recover_run(std::move(copy), hosts, clock);
}

/// True where everything the run may have left is undone.
Task<bool> recover_one(const RunTrace& trace) {
  bool all_clean = !trace.damaged;
  try {
    const std::vector<RecoveredChange> recovered = co_await recover_here(trace);
    for (const RecoveredChange& each : recovered) {
      show(each);
      all_clean = all_clean && each.undone.clean();
    }
  } catch (const Error& error) {  // the other runs are not to wait for this one
    say(fmt::format("run {} of {}: {}\n", trace.id, trace.drill, error.what()));
    all_clean = false;
  }
  if (trace.damaged) show_damage(trace);
  co_return all_clean;
}

/// Nothing of it is in force: only its end is missing in the journal.
Task<> close_dead_run(const RunTrace& trace) {
  try {
    if (!trace.closed) co_await recover_here(trace);
    mark_closed(trace.id);
  } catch (const Refused&) {
    // Another drill holds the stack; there is no hurry.
  } catch (const Error& error) {
    say(fmt::format("run {} of {} cannot be closed: {}\n", trace.id, trace.drill, error.what()));
  }
}

/// Once everything is undone: what comes here may fail and harms nobody.
void keep_results(const std::vector<RunTrace>& dead) {
  std::unique_ptr<Store> store;
  for (const RunTrace& trace : dead) {
    const auto directory = run_directory(trace.id);
    try {
      if (!store) store = open_store(default_store());
      if (keep_result_of_killed(*store, directory))
        say(fmt::format("report of run {} of {}: {}\n",
                        trace.id,
                        trace.drill,
                        (directory / "report.html").string()));
    } catch (const Error& error) {
      say(fmt::format("run {} of {} has no report: {}\n", trace.id, trace.drill, error.what()));
    }
  }
}

/// Where other servers wait for that. False where they still do: to them something may be in force.
bool let_go_of_stacks() {
  const std::string location = default_store();
  if (!is_shared(location)) return true;
  try {
    const auto store = open_store(location);
    for (const std::string& line : let_go_of_recovered(*store)) say(line + "\n");
    return true;
  } catch (const Error& error) {
    say(
        fmt::format("what dead runs of this home held in the shared store was not let go of, and "
                    "other servers wait for that: {}; then run `muster recover` again\n",
                    error.what()));
    return false;
  }
}

Task<int> recover_all() {
  bool all_clean = true;
  std::vector<RunTrace> dead, harmless;
  bool any_unreadable = false;
  for (const RunTrace& trace : open_runs()) {
    if (!trace.unreadable.empty()) {  // the other runs are not to wait for this one
      say_on_stderr(trace.text() + "; nobody could look, and something may still be in force");
      any_unreadable = true;
      continue;
    }
    if (trace.running()) {
      say(fmt::format(
          "run {} of {} is still running; end it with `muster stop`\n", trace.id, trace.drill));
      continue;
    }
    dead.push_back(trace);
    if (!trace.needs_recovery()) {
      harmless.push_back(trace);
      continue;
    }
    const bool clean = co_await recover_one(trace);
    all_clean = all_clean && clean;
  }
  if (harmless.size() == dead.size() && !any_unreadable) say("nothing to recover\n");
  all_clean = all_clean && !any_unreadable;
  if (!all_clean)
    say("something may still be in force; mend what is said above and run `muster recover` "
        "again\n");
  for (const RunTrace& trace : harmless) co_await close_dead_run(trace);
  keep_results(dead);
  const bool others_know = let_go_of_stacks();
  co_return static_cast<int>(all_clean && others_know ? ExitCode::Pass : ExitCode::Broken);
}

}  // namespace

Action define_recover(Arguments& arguments) {
  arguments.example("muster recover");
  return [] {
    try {
      return run_to_end(recover_all());
    } catch (const Error& error) {
      say_on_stderr(
          fmt::format("{}; nobody could look, and something may still be in force", error.what()));
      return static_cast<int>(ExitCode::Broken);
    }
  };
}

}  // namespace muster
