// The real engine, journal and judgement against a modelled system in virtual time: what must hold
// in every run, whatever fails and whenever somebody stops it.
#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/text.h"
#include "test/runner/sim_run.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// MUSTER_TEST_DRILLS of them; a thousand take some six seconds.
int drills_to_simulate() {
  const char* const asked = std::getenv("MUSTER_TEST_DRILLS");
  return asked == nullptr ? 1000 : std::stoi(asked);
}

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
    run.troubles.arm_fails = random.unit() * 0.3;
    run.troubles.inject_fails = random.unit() * 0.3;
    run.troubles.agent_dies = random.unit() * 0.2;
    run.troubles.slowest = std::chrono::milliseconds(random.below(2000));
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

/// One change is refused by its target while another beside it fails half-way, in either order.
constexpr std::string_view kSideBySide = R"(muster: 1
drill: beside
title: two at once
stack: stack.yaml
probes:
  users: {http: {url: "http://model.test/"}, rate: 100/s, clients: 10, settle: 2s}
steps:
  - baseline: 1s
  - parallel:
      - inject: half
        fault: {command: {host: here, apply: [half], undo: [nothing], verify: [nothing]}}
      - inject: never
        fault: {command: {host: here, apply: [never], undo: [nothing], verify: [nothing]}}
  - hold: 1s
)";

struct SideBySide : SimRun {
  Drill beside = simulated_drill(kSideBySide);
  bool touched = false;  ///< something was in force in the last run
  SideBySide() {
    drill = &beside;
    troubles.refused = {"never/1"};
    troubles.fails_half_way = {"half/1"};
    troubles.slowest = 300ms;
    on_change = [this](const auto&) {
      touched = true;
    };
  }
  /// The run's exit code.
  int end() {
    touched = false;
    try {
      return (*this)().result.verdict.exit_code;
    } catch (const Refused&) {
      return 6;
    }
  }
};

BOOST_AUTO_TEST_CASE(a_refusal_never_hides_a_change_beside_it_that_failed_half_way) {
  SideBySide run;
  run.troubles.undo_conflicts = 1;
  int half = 0;
  for (run.seed = 1; run.seed <= 300; ++run.seed) {
    const int code = run.end();
    if (run.touched) BOOST_TEST(code == 4, "seed " << run.seed << " ends with " << code);
    half += run.touched ? 1 : 0;
  }
  BOOST_TEST(half > 100);  // refused before it, and refused after it
  BOOST_TEST(half < 300);
}

BOOST_AUTO_TEST_CASE(a_refusal_beside_a_change_that_failed_and_is_clean_is_never_a_broken_run) {
  SideBySide run;
  int refused = 0;
  for (run.seed = 1; run.seed <= 100; ++run.seed) {
    const int code = run.end();
    BOOST_TEST((code == 3 || code == 6), "seed " << run.seed << " ends with " << code);
    refused += code == 6 ? 1 : 0;
  }
  BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_CASE(a_run_that_lost_its_users_never_passes) {
  SimRun run;
  run.troubles.agent_dies = 1;
  for (run.seed = 1; run.seed < 50; ++run.seed) BOOST_TEST(run().result.verdict.status != "pass");
}

BOOST_AUTO_TEST_SUITE_END()
