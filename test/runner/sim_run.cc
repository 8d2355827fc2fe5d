#include "test/runner/sim_run.h"

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "reports/judge/judge.h"
#include "runner/catalogue.h"

namespace muster {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

const std::string kRunId = "01KA3H6Q9T3V8Y2N5W7B4C6D8E";

constexpr std::string_view kStack = R"(muster_stack: 1
stack: model
regions: [us-east, eu-west]
hosts:
  here: {region: us-east, reach: local}
vantages:
  me: {host: here}
)";

constexpr std::string_view kPlaybook = R"(muster: 1
drill: small
title: a small drill
stack: stack.yaml
probes:
  users: {http: {url: "http://model.test/"}, rate: 100/s, clients: 10, settle: 2s}
steps:
  - baseline: 5s
  - inject: cut
    fault: {command: {host: here, apply: [nothing], undo: [nothing], verify: [nothing]}}
  - await: {failover: users}
    within: 30s
  - hold: 3s
  - undo: cut
  - await: {recovery: users}
    within: 30s
objectives:
  - {metric: time_to_failover, probe: users, max: 10s}
)";

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "muster-sim-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

Task<RunRecord> run_planned(Engine& engine, Hosts& hosts, const Drill& drill) {
  auto planned = co_await plan_drill(drill, hosts, kRunId);
  co_return co_await engine.run(drill, std::move(planned));
}

bool everything_undone(const RunRecord& record) {
  return std::ranges::all_of(record.actions, [](const ActionRecord& action) {
    return action.undone && action.undone->clean();
  });
}

}  // namespace

Drill simulated_drill(std::string_view playbook) {
  const Folder folder;
  write_file_atomically(folder.path / "stack.yaml", kStack);
  write_file_atomically(folder.path / "drill.yaml", playbook);
  return load_drill((folder.path / "drill.yaml").string(), catalogue(), {});
}

const Drill& small_drill() {
  static const Drill kDrill = simulated_drill(kPlaybook);
  return kDrill;
}

SimRunEnd SimRun::operator()() const {
  const Folder folder;
  SimRunEnd outcome;
  outcome.system.on_change = on_change;
  {
    asio::io_context loop(1);
    SimClock clock(loop);
    SimGuards guards(clock, outcome.system, troubles, seed, (folder.path / "journal").string());
    SimAgents agents(clock, outcome.system, troubles, seed + 1);
    NoHosts hosts;
    NobodyToAsk asker;
    SamplesInMemory samples;
    SilentObserver observer;
    Journal journal = Journal::create(folder.path / "journal");
    Engine engine(World{clock, hosts, guards, agents, asker},
                  journal,
                  samples,
                  observer,
                  {kRunId, 1, seed, 1, "", {}});
    std::optional<RunRecord> record;
    asio::co_spawn(
        loop, run_planned(engine, hosts, *drill), [&](std::exception_ptr error, RunRecord ended) {
          if (error) std::rethrow_exception(error);
          record = std::move(ended);
        });
    if (stop_after) {
      asio::co_spawn(loop, clock.sleep_for(*stop_after), [&](std::exception_ptr) {
        engine.stop(RunState::Interrupted, "Ctrl-C");
      });
    }
    outcome.ended = clock.run(10min) || record.has_value();
    if (record) {
      outcome.result = judge(*record);
      outcome.bytes = pretty_json(to_json(outcome.result));
      if (everything_undone(*record)) journal.append("closed", {}, true);
      outcome.record = *std::move(record);
    }
  }
  outcome.journal = read_file(folder.path / "journal");
  outcome.left_open = trace_run(folder.path).open;
  return outcome;
}

}  // namespace muster
