#include "runner/drill/drill_run.h"

#include <csignal>
#include <cstdio>

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/secret.h"
#include "reports/judge/judge.h"
#include "runner/drill/asker.h"
#include "runner/drill/ending.h"
#include "runner/drill/engine.h"
#include "runner/drill/hold_keeper.h"
#include "runner/drill/signals.h"
#include "runner/interlocks/lever.h"
#include "runner/interlocks/person.h"
#include "runner/plan/reach.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "runner/view/metrics.h"
#include "store/store.h"

namespace muster {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

void say(const std::string& line) {
  std::fputs((without_secrets(line) + "\n").c_str(), stderr);
}

/// The lever stays engaged after this run: SIGUSR1 is for whoever wants no further drill, either.
void engage_by_signal(const Clock& clock, const std::string& run_id) {
  try {
    engage_lever(this_person(), "SIGUSR1 to run " + run_id, clock.utc_now());
  } catch (const Error& error) {
    say(fmt::format("the safety lever could not be engaged: {}", error.what()));
  }
}

/// The first signal or key undoes everything; a later one only says what is not undone yet: nothing
/// shortens the undo.
class Stopper {
 public:
  Stopper(Engine& engine, Observer& observer) : engine_(engine), observer_(observer) {}

  void on_signal(int number) {
    if (number == SIGUSR1)
      stop(RunState::Aborted, "the safety lever was engaged by SIGUSR1");
    else if (number == SIGTERM)
      stop(RunState::Aborted, "stopped by `muster stop` (SIGTERM)");
    else
      stop(RunState::Interrupted, "interrupted by a person (Ctrl-C)");
  }
  void on_key() { stop(RunState::Aborted, "aborted by a person (key a)"); }

 private:
  void stop(RunState state, const std::string& reason) {
    if (!engine_.stop(state, reason)) {
      const auto left = engine_.in_force();
      observer_.notice(left.empty() ? "everything is undone; the run is being written down"
                                    : "still undoing; not undone yet:");
      for (const std::string& change : left) observer_.notice("  " + change);
      return;
    }
    observer_.notice("stopping: everything is being undone; again shows what is left");
  }

  Engine& engine_;
  Observer& observer_;
};

Task<> stop_by_lever(Clock& clock, Engine& engine) {
  const Lever lever = co_await lever_engaged(clock);
  engine.stop(RunState::Aborted, lever.text());
}

/// The server that started it has gone, or its claim is lost: nobody is there to look any more.
Task<> stop_by_leash(Leash& leash, Engine& engine) {
  const Pull pull = co_await leash.pulled();
  engine.stop(pull.by_person ? RunState::Aborted : RunState::Interrupted, pull.reason);
}

/// Nothing where the store is of this home alone. `leash`: what else the run hangs on, or nullptr.
std::unique_ptr<HoldKeeper> keeper_of(const StackHold& hold,
                                      const std::string& location,
                                      const asio::any_io_executor& executor,
                                      Clock& clock,
                                      Leash* leash) {
  if (!hold.is_taken()) return nullptr;
  return std::make_unique<HoldKeeper>(
      executor, clock, std::make_unique<SharedStore>(location), hold, leash);
}

/// A journal that cannot be written any more, or a store that is away, leaves the run open: `muster
/// recover` looks once more, lets go of the stack, and closes it. `why`: it ended before anything
/// was drilled.
void close_run(Journal& journal, StackHold& hold, const std::string& id, const std::string& why) {
  json::object detail;
  if (!why.empty()) detail["why"] = why;
  try {
    journal.append("closed", std::move(detail), true);
    hold.let_go();
    mark_closed(id);
  } catch (const Error& error) {
    say(fmt::format("run {} stays open in `muster status`, because {}", id, error.what()));
  }
}

/// Other servers of a shared store drill there again when `muster recover` has let go of it.
void keep_others_out(StackHold& hold, const std::string& id) {
  try {
    hold.keep_until_recovered();
  } catch (const Error& error) {
    say(
        fmt::format("run {} could not undo everything, and other servers could not be kept off its "
                    "stack: {}; run `muster recover` now",
                    id,
                    error.what()));
  }
}

Result judged(RunRecord& record, SampleFile& samples, const fs::path& directory) {
  try {
    samples.flush();
    note_samples(record, directory / "samples");
  } catch (const Error& error) {
    say(fmt::format("the samples of the run are not whole: {}", error.what()));
  }
  return judge(record);
}

/// Whether all of it was kept; else the run stays open, and `muster recover` keeps it later. A pass
/// that nobody can look at is none; whatever else a run came to outranks that.
bool keep(Store& store, FinishedRun& finished) {
  std::string complaint;
  try {
    complaint = keep_result(store, finished.directory, finished.result);
  } catch (const Error& error) {
    if (finished.result.verdict.exit_code == 0) throw;
    complaint = fmt::format("the result could not be kept: {}", error.what());
  }
  if (complaint.empty()) return true;
  say(complaint + "; mend that, then `muster recover` keeps what is missing");
  return false;
}

/// What a run has in hand when its engine has ended.
struct InHand {
  TaskGroup& watchers;
  Observer& observer;
  Journal& journal;
  StackHold& hold;
  SampleFile& samples;
  Store& store;
  std::string id;
  fs::path directory;
};

/// Judges, keeps and closes the run. `undone`: nothing of it is in force.
Task<Result> settle(EngineEnd end, InHand run, bool undone) {
  co_await run.watchers.stop();
  run.observer.finished();
  if (end.error && undone) {
    close_run(run.journal, run.hold, run.id, end.why);
    std::rethrow_exception(end.error);
  }
  if (end.error) co_return result_of_broken_off(run.directory, end.why);
  FinishedRun finished{judged(*end.record, run.samples, run.directory), run.directory};
  if (keep(run.store, finished) && undone) close_run(run.journal, run.hold, run.id, "");
  co_return std::move(finished.result);
}

}  // namespace

Task<FinishedRun> run_drill(Drill drill, DrillRunOptions options) {
  SystemClock clock;
  const std::uint64_t seed = entropy();
  Random random(seed);
  const std::string id = make_run_id(clock.utc_now(), random);
  const StackLock lock(drill.stack.name, id);
  ResourceLocks locks(id);
  StackHosts hosts(drill.stack.hosts);
  const std::string location = options.store.empty() ? default_store() : options.store;
  const auto store = open_store(location);
  StackHold hold(*store, clock, drill.stack.name, holder_here(id, drill.playbook.drill));
  std::vector<PlannedInject> planned = co_await plan_within_interlocks(
      drill, options.permission, hosts, locks, hold, *store, id, clock.utc_now());

  const auto exposition = expose_metrics(options.metrics, drill.playbook);
  const fs::path directory = runs_directory() / id;
  make_private_directories(directory);
  mark_open(id);
  Journal journal = Journal::create(directory / "journal");
  const auto samples = exposition->counting(create_sample_file(directory / "samples"));
  const auto observer = exposition->showing(
      options.progress ? make_json_observer(true) : make_observer(options.json, options.plain));
  const auto asker = make_asker(options.answer_yes, *observer);
  const auto guards = make_guards(hosts, clock, id);
  const auto agents = make_agents(hosts, clock);
  const std::int64_t number = store->history().next_number(drill.playbook.drill);
  auto executor = co_await asio::this_coro::executor;
  const auto keeper = keeper_of(hold, location, executor, clock, options.leash);
  Leash* const leash = keeper ? keeper.get() : options.leash;
  Engine engine(
      World{clock, hosts, *guards, *agents, *asker, leash},
      journal,
      *samples,
      *observer,
      {id, number, seed, options.trial, options.trial_group, options.labels, options.triggered_by});
  Stopper stopper(engine, *observer);
  observer->take_keys(executor, [&] { stopper.on_key(); });
  const StopSignals signals(executor, [&](int signal) {
    stopper.on_signal(signal);
    if (signal == SIGUSR1) engage_by_signal(clock, id);
  });
  TaskGroup watchers(executor);
  watchers.spawn(stop_by_lever(clock, engine));
  if (keeper) watchers.spawn(keeper->keep());
  if (leash != nullptr) watchers.spawn(stop_by_leash(*leash, engine));

  Task<RunRecord> driven = engine.run(std::move(drill), std::move(planned));
  EngineEnd end = co_await end_of(std::move(driven));
  const bool undone = is_undone(end, directory);
  if (!undone) keep_others_out(hold, id);
  InHand in_hand{watchers, *observer, journal, hold, *samples, *store, id, directory};
  Task<Result> rest = settle(std::move(end), std::move(in_hand), undone);
  Result result = co_await result_of_rest(std::move(rest), undone);
  co_return FinishedRun{std::move(result), directory};
}

}  // namespace muster
