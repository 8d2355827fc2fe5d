#include "runner/drill_run.h"

#include <csignal>
#include <cstdio>

#include <boost/asio.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "reports/formats.h"
#include "reports/history.h"
#include "reports/judge.h"
#include "runner/asker.h"
#include "runner/engine.h"
#include "runner/lever.h"
#include "runner/person.h"
#include "runner/reach.h"
#include "runner/run_store.h"
#include "runner/signals.h"

namespace muster {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stderr);
}

/// The lever stays engaged after this run: SIGUSR1 is for whoever wants no further drill, either.
void engage_by_signal(const Clock& clock, const std::string& run_id) {
  try {
    engage_lever(this_person(), "SIGUSR1 to run " + run_id, clock.utc_now());
  } catch (const Error& error) {
    say(fmt::format("the safety lever could not be engaged: {}", error.what()));
  }
}

/// The first signal undoes everything; a later one only says what is not undone yet: nothing
/// shortens the undo.
void on_signal(Engine& engine, int number, int count) {
  if (count > 1) {
    const auto left = engine.in_force();
    say(left.empty() ? "everything is undone; the run is being written down"
                     : "still undoing; not undone yet:");
    for (const std::string& change : left) say("  " + change);
    return;
  }
  if (number == SIGUSR1)
    engine.stop(RunState::Aborted, "the safety lever was engaged by SIGUSR1");
  else if (number == SIGTERM)
    engine.stop(RunState::Aborted, "stopped by `muster stop` (SIGTERM)");
  else
    engine.stop(RunState::Interrupted, "interrupted by a person (Ctrl-C)");
  say("stopping: everything is being undone; again shows what is left");
}

Task<> stop_by_lever(Clock& clock, Engine& engine) {
  const Lever lever = co_await lever_engaged(clock);
  engine.stop(RunState::Aborted, lever.text());
}

void write_result(const fs::path& directory, const Result& result) {
  write_file_atomically(directory / "result.json", pretty_json(to_json(result)));
  for (const ReportFormat& format : report_formats()) {
    if (format.name == "html")
      write_file_atomically(directory / format.file_name, format.render(result));
  }
}

/// A journal that cannot be written any more leaves the run open: `muster recover` looks once more
/// and closes it.
void close_run(Journal& journal, const std::string& id) {
  try {
    journal.append("closed", {}, true);
    mark_closed(id);
  } catch (const Error& error) {
    say(fmt::format("run {} stays open in `muster status`, because {}", id, error.what()));
  }
}

bool everything_undone(const RunRecord& record) {
  return std::all_of(record.actions.begin(), record.actions.end(), [](const ActionRecord& action) {
    return action.undone && action.undone->clean();
  });
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
  std::vector<PlannedInject> planned =
      co_await plan_within_interlocks(drill, options.permission, hosts, locks, id, clock.utc_now());

  const fs::path directory = runs_directory() / id;
  make_private_directories(directory);
  mark_open(id);
  const auto history = open_history(muster_home() / "history.db");
  Journal journal = Journal::create(directory / "journal");
  const auto samples = create_sample_file(directory / "samples");
  const auto observer = make_observer(options.json, options.plain);
  const auto asker = make_asker(options.answer_yes);
  const auto guards = make_guards(hosts, clock, id);
  const auto agents = make_agents(hosts, clock);
  const std::int64_t number = history->next_number(drill.playbook.drill);
  Engine engine(World{clock, hosts, *guards, *agents, *asker},
                journal,
                *samples,
                *observer,
                {id, number, seed, options.trial, options.trial_group, options.labels});
  auto executor = co_await asio::this_coro::executor;
  const StopSignals signals(executor, [&](int signal, int count) {
    on_signal(engine, signal, count);
    if (signal == SIGUSR1) engage_by_signal(clock, id);
  });
  TaskGroup lever(executor);
  lever.spawn(stop_by_lever(clock, engine));

  std::optional<RunRecord> record;
  std::exception_ptr impossible;
  try {
    record = co_await engine.run(std::move(drill), std::move(planned));
  } catch (const Error&) {
    impossible = std::current_exception();
  }
  co_await lever.stop();
  observer->finished();
  if (impossible) {
    close_run(journal, id);
    std::rethrow_exception(impossible);
  }
  samples->flush();
  const std::string sample_bytes = read_file(directory / "samples", std::size_t{1} << 34U);
  record->sample_bytes = sample_bytes.size();
  record->sample_digest = sha256(sample_bytes);

  FinishedRun finished{judge(*record), directory};
  write_result(directory, finished.result);
  history->add(finished.result);
  if (everything_undone(*record)) close_run(journal, id);
  co_return finished;
}

}  // namespace muster
