// The real engine, journal and judgement against a modelled system in virtual time: what must hold
// in every run, whatever fails and whenever somebody stops it.
#include <cstdlib>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/judge.h"
#include "runner/commands.h"
#include "runner/run_store.h"
#include "test/runner/sim_world.h"

using namespace muster;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// MUSTER_TEST_DRILLS of them; a thousand take some six seconds.
int drills_to_simulate() {
  const char* const asked = std::getenv("MUSTER_TEST_DRILLS");
  return asked == nullptr ? 1000 : std::stoi(asked);
}

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

const Drill& small_drill() {
  static const Drill kDrill = [] {
    const Folder folder;
    write_file_atomically(folder.path / "stack.yaml", kStack);
    write_file_atomically(folder.path / "small.yaml", kPlaybook);
    return load_drill((folder.path / "small.yaml").string(), catalogue(), {});
  }();
  return kDrill;
}

struct Ended {
  Result result;
  SimSystem system;
  std::string bytes;
  bool ended = false;
  std::vector<OpenChange> left_open;
};

Task<RunRecord> run_planned(Engine& engine, Hosts& hosts) {
  auto planned = co_await plan_drill(small_drill(), hosts, kRunId);
  co_return co_await engine.run(small_drill(), std::move(planned));
}

struct SimRun {
  SimTroubles troubles;
  std::uint64_t seed = 1;
  std::optional<Duration> stop_after;

  Ended operator()() const {
    const Folder folder;
    Ended outcome;
    {
      asio::io_context loop(1);
      SimClock clock(loop);
      SimGuards guards(clock, outcome.system, troubles, seed, (folder.path / "journal").string());
      SimAgents agents(clock, outcome.system, troubles, seed + 1);
      NoHosts hosts;
      NobodyToAsk asker;
      NoSampleFile samples;
      SilentObserver observer;
      Journal journal = Journal::create(folder.path / "journal");
      Engine engine(World{clock, hosts, guards, agents, asker},
                    journal,
                    samples,
                    observer,
                    {kRunId, 1, seed, 1, ""});
      std::optional<RunRecord> record;
      asio::co_spawn(
          loop, run_planned(engine, hosts), [&](std::exception_ptr error, RunRecord ended) {
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
      }
    }
    outcome.left_open = trace_run(folder.path).open;
    return outcome;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(simulation)

BOOST_AUTO_TEST_CASE(a_good_drill_passes_with_the_failover_time_of_the_model) {
  const Ended outcome = SimRun{}();
  BOOST_TEST(outcome.ended);
  BOOST_TEST(outcome.result.verdict.status == "pass");
  BOOST_TEST(outcome.result.verdict.headline != "");
  for (const Result::Milestone& milestone : outcome.result.milestones) {
    if (milestone.id != "failover" || !milestone.vantage.empty()) continue;
    BOOST_TEST(milestone.lo.value() <= 3.2);
    BOOST_TEST(milestone.hi.value() >= 3.15);
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bytes) {
  SimRun run;
  run.troubles.slowest = 300ms;
  run.seed = 42;
  const std::string once = run().bytes;
  BOOST_TEST(once.size() > 1000U);
  BOOST_TEST(once == run().bytes);
}

BOOST_AUTO_TEST_CASE(whatever_fails_and_whenever_it_is_stopped_nothing_stays_in_force) {
  Random random(2026);
  std::map<std::string, int> verdicts;
  const int drills = drills_to_simulate();
  for (int i = 0; i < drills; ++i) {
    SimRun run;
    run.seed = random.next();
    run.troubles = {random.unit() * 0.3,
                    random.unit() * 0.3,
                    0,
                    random.unit() * 0.2,
                    std::chrono::milliseconds(random.below(2000))};
    if (random.unit() < 0.6) run.stop_after = std::chrono::milliseconds(random.below(25'000));
    const Ended outcome = run();
    BOOST_REQUIRE_MESSAGE(outcome.ended, "seed " << run.seed << " never ended");
    BOOST_REQUIRE_MESSAGE(outcome.system.in_force.empty(),
                          "seed " << run.seed << " left something in force");
    BOOST_REQUIRE_MESSAGE(outcome.system.broken_rules.empty(),
                          "seed " << run.seed << ": " << join(outcome.system.broken_rules, "; "));
    BOOST_REQUIRE_MESSAGE(
        outcome.left_open.empty(),
        "seed " << run.seed << ": the journal calls a change open that is undone");
    ++verdicts[outcome.result.verdict.status];
  }
  // The troubles are there: not every run may pass, and not every run may fail.
  BOOST_TEST(verdicts["pass"] > 0);
  BOOST_TEST(verdicts["interrupted"] > 0);
  BOOST_TEST(verdicts["inconclusive"] > 0);
}

BOOST_AUTO_TEST_CASE(an_undo_that_cannot_be_verified_outranks_every_other_outcome) {
  SimRun run;
  run.troubles.undo_conflicts = 1;
  const Ended outcome = run();
  BOOST_TEST(outcome.result.verdict.status == "broken");
  BOOST_TEST(outcome.result.verdict.exit_code == 4);
  BOOST_TEST(outcome.left_open.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_run_that_lost_its_users_never_passes) {
  SimRun run;
  run.troubles.agent_dies = 1;
  for (run.seed = 1; run.seed < 50; ++run.seed) BOOST_TEST(run().result.verdict.status != "pass");
}

BOOST_AUTO_TEST_SUITE_END()
