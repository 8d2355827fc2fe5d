#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/drill/recovery.h"
#include "runner/exit_code.h"
#include "runner/interlocks/person.h"
#include "runner/interlocks/resource_locks.h"
#include "runner/plan/reach.h"
#include "runner/record/given_up.h"
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
  say(
      fmt::format("the journal of run {} is damaged ({}): look at its hosts yourself, then `muster "
                  "recover --give-up {} --reason TEXT`\n",
                  trace.id,
                  journal,
                  trace.id));
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

/// Of those of which nothing is open any more.
void forget_locks(const std::vector<RunTrace>& dead) {
  for (const RunTrace& trace : dead)
    if (!may_be_open(trace.id)) forget_locks_of(trace.id);
}

/// Where other servers wait for that. False where they still do: to them something may be in force.
bool let_go_of_stacks() {
  const std::string location = default_store();
  if (!is_shared(location)) return true;
  try {
    const auto store = open_store(location);
    const LettingGo outcome = let_go_of_recovered(*store);
    for (const std::string& line : outcome.lines) say(line + "\n");
    return outcome.is_complete;
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
        "again, or, where a host is gone for good, `muster recover --give-up RUN --reason TEXT`\n");
  for (const RunTrace& trace : harmless) co_await close_dead_run(trace);
  forget_locks(dead);
  keep_results(dead);
  const bool others_know = let_go_of_stacks();
  co_return static_cast<int>(all_clean && others_know ? ExitCode::Pass : ExitCode::Broken);
}

// ---- giving up

void refuse_while_it_runs(const RunTrace& trace) {
  if (trace.running() || holds_a_stack(trace.id))
    throw Refused(fmt::format(
        "{} is still running, or is being recovered; end it with `muster stop`", trace.text()));
}

void tell_given_up(const GivenUp& given_up) {
  say_on_stderr("GIVEN UP: " + given_up.text());
  for (const std::string& change : given_up.changes) say_on_stderr("  " + change);
  say_on_stderr(
      "nobody has seen that undone, and it may be in force; no drill is kept from it now");
}

/// Of a run of another home, or of one whose directory was deleted: all there is of it is its hold.
GivenUp give_up_hold(const std::string& id, const GivingUp& word) {
  const std::string location = default_store();
  if (is_shared(location)) {
    const auto store = open_store(location);
    for (const SeenHold& hold : stack_holds(*store)) {
      if (hold.by.run != id) continue;
      if (!hold.is_over && !hold.is_broken)
        throw Refused(
            fmt::format("{} holds the stack {} and may go on; a minute after its end it "
                        "can be given up",
                        hold.by.text(),
                        hold.stack));
      GivenUp given_up{id, hold.by.drill, hold.stack, word, {}};
      given_up.changes.push_back("whatever " + hold.by.text() + " did: nobody looked from here");
      note_given_up(given_up);
      store->release(hold.lease);
      return given_up;
    }
  }
  throw UsageError(fmt::format(
      "there is no run {} here, nor does it hold a stack of a shared store", printable(id, 60)));
}

/// What keeps it out may be a drill: the run then stays as it is.
GivenUp give_up_left(const std::string& id, const GivingUp& word) {
  try {
    return give_up_run(trace_as_far_as_readable(id), word);
  } catch (const Refused& refused) {
    fail("run {} was not given up: {}", id, refused.what());
  }
}

/// Recovers that run as ever; what is not clean then is a person's to answer for.
Task<int> give_up(std::string id, GivingUp word) {
  std::error_code unseen;
  if (!std::filesystem::exists(runs_directory() / id, unseen) && !unseen) {
    tell_given_up(give_up_hold(id, word));
    co_return static_cast<int>(ExitCode::Broken);
  }
  const RunTrace found = trace_as_far_as_readable(id);
  refuse_while_it_runs(found);
  bool clean = !found.needs_recovery();
  if (!clean && found.unreadable.empty()) clean = co_await recover_one(found);
  if (clean) {
    say(fmt::format("{}: nothing of it has to be given up\n", found.text()));
    if (!found.needs_recovery()) co_await close_dead_run(found);
  } else {
    tell_given_up(give_up_left(id, word));
  }
  forget_locks({found});
  if (found.unreadable.empty()) keep_results({found});
  const bool others_know = let_go_of_stacks();
  co_return static_cast<int>(clean && others_know ? ExitCode::Pass : ExitCode::Broken);
}

/// What there is to be done, as the command line says it.
Task<int> recover_as_asked(const std::string& given_up, const std::string& reason) {
  if (given_up.empty() && reason.empty()) return recover_all();
  if (given_up.empty()) throw UsageError("--reason belongs to --give-up RUN");
  if (!is_run_id(given_up))
    throw UsageError(
        fmt::format("'{}' is not a run; see `muster status`", printable(given_up, 60)));
  if (trim(reason).empty())
    throw UsageError("--give-up needs --reason TEXT: why nobody has to see it undone");
  return give_up(given_up, {this_person(), printable(trim(reason)), SystemClock().utc_now()});
}

}  // namespace

Action define_recover(Arguments& arguments) {
  arguments.example(
      "muster recover\n  muster recover --give-up 01K... --reason \"app-us was scrapped, CHG 93\"");
  auto& given_up = arguments.option(
      "--give-up",
      "RUN",
      "recover this run; what nobody can see undone is written down, and keeps no drill away");
  auto& reason = arguments.option("--reason", "TEXT", "for --give-up: why, for whoever reads it");
  return [&] {
    Task<int> asked = recover_as_asked(given_up, reason);
    try {
      return run_to_end(std::move(asked));
    } catch (const UsageError&) {
      throw;
    } catch (const Refused&) {
      throw;
    } catch (const Error& error) {
      say_on_stderr(
          fmt::format("{}; nobody could look, and something may still be in force", error.what()));
      return static_cast<int>(ExitCode::Broken);
    }
  };
}

}  // namespace muster
