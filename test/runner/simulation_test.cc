// The real engine, guard client, journal, recovery and judgement against a modelled system in
// virtual time: what must hold in every run, whatever fails, whoever is killed and whenever.
#include <cstdio>
#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/text.h"
#include "test/runner/scratch_home.h"
#include "test/runner/sim_life.h"
#include "test/runner/sim_run.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// MUSTER_TEST_DRILLS of them; a thousand take some three seconds.
int drills_to_simulate() {
  const char* const asked = std::getenv("MUSTER_TEST_DRILLS");
  return asked == nullptr ? 1000 : std::stoi(asked);
}

/// MUSTER_TEST_SEED: only this world is lived, and told.
std::optional<std::uint64_t> only_seed() {
  const char* const asked = std::getenv("MUSTER_TEST_SEED");
  return asked == nullptr ? std::nullopt : std::optional(std::stoull(asked));
}

/// Empty where nothing was broken; else what it was, and how to see it again.
std::string complaint(std::uint64_t seed, const SimFate& fate) {
  if (fate.broken_rules.empty()) return "";
  return fmt::format(
      "seed {}: {}; again with MUSTER_TEST_SEED={} build/release/test_runner "
      "--run_test=simulation/whatever_fails_and_whoever_is_killed_nothing_outlives_recovery",
      seed,
      join(fate.broken_rules, "; "),
      seed);
}

std::string told(const SimCounts& counts) {
  std::string text;
  for (const auto& [what, count] : counts) text += fmt::format("; {} {}", what, count);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(simulation)

BOOST_AUTO_TEST_CASE(a_good_drill_passes_with_the_failover_time_of_the_model) {
  const SimRunEnd outcome = SimRun{}();
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

BOOST_AUTO_TEST_CASE(whatever_fails_and_whoever_is_killed_nothing_outlives_recovery) {
  const ScratchHome home;
  SimCounts counts;
  if (const auto seed = only_seed()) {
    const SimFate fate = live_once(*seed, {}, counts);
    std::printf("%s%s\n", fate.log.c_str(), told(counts).c_str());
    BOOST_TEST(complaint(*seed, fate) == "");
    return;
  }
  Random random(2026);
  const int drills = drills_to_simulate();
  int broken = 0;
  for (int i = 0; i < drills; ++i) {
    const std::uint64_t seed = random.next();
    const std::string wrong = complaint(seed, live_once(seed, {}, counts));
    BOOST_CHECK_MESSAGE(wrong.empty(), wrong);
    if (!wrong.empty()) ++broken;
    BOOST_REQUIRE(broken < 10);
  }
  std::printf(
      "simulation: %d drills, %d with a broken rule%s\n", drills, broken, told(counts).c_str());
  // What never happened is not shown to be survived.
  for (const char* const what : {"applies failed",
                                 "bad lines",
                                 "both guards killed",
                                 "guards stopped",
                                 "hosts unreachable",
                                 "lines cut",
                                 "processes killed",
                                 "recoveries",
                                 "recoveries not clean",
                                 "runners killed",
                                 "runners without power",
                                 "runs broken",
                                 "runs interrupted",
                                 "runs pass",
                                 "runs stopped",
                                 "strangers",
                                 "undone by a second guard",
                                 "undos failed"})
    BOOST_TEST(counts[what] > static_cast<std::uint64_t>(drills / 500), what);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_world_to_the_byte) {
  const ScratchHome home;
  SimCounts counts;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const SimFate once = live_once(seed, {}, counts);
    const SimFate again = live_once(seed, {}, counts);
    BOOST_TEST(once.log == again.log);
    BOOST_TEST(once.journal == again.journal);
    BOOST_TEST(!once.log.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_step_of_the_clock_on_the_wall_changes_nothing_that_happens) {
  const ScratchHome home;
  SimCounts counts;
  int stepped = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const SimFate steps = live_once(seed, {}, counts);
    const SimFate steady = live_once(seed, {.wall_clock_steps = false}, counts);
    BOOST_TEST(steps.log == steady.log, "seed " << seed);
    if (steps.journal != steady.journal) ++stepped;
  }
  BOOST_TEST(stepped > 5);
}

BOOST_AUTO_TEST_CASE(every_defect_that_is_built_into_a_world_is_noticed) {
  constexpr std::uint64_t kWorlds = 5000;
  const ScratchHome home;
  SimCounts counts;
  const std::pair<SimDefect, std::string> defects[] = {
      {SimDefect::DiskForgets, "before its intent was durable"},
      {SimDefect::GuardIgnoresEnd, "after the end of the input"},
      {SimDefect::GuardIgnoresLease, "after its lease"},
      {SimDefect::GuardIgnoresDeadline, "after its deadline"},
      {SimDefect::SecondGuardSleeps, "after its guard was killed"},
      {SimDefect::UndoTakesFromOthers, "took what was not ours"},
      {SimDefect::UndoIsNotLookedAt, "called clean while it was in force"},
      {SimDefect::ApplyOutlivesItsRecord, "came in force after it was called clean"},
      {SimDefect::RecoverySkipsAChange, "the run was closed with"},
  };
  for (const auto& [defect, rule] : defects) {
    std::uint64_t seed = 0;
    std::string broken;
    while (broken.find(rule) == std::string::npos && seed < kWorlds)
      broken = join(live_once(++seed, {.defect = defect}, counts).broken_rules, "; ");
    BOOST_TEST(seed < kWorlds, "nobody noticed: " << rule);
    BOOST_TEST_MESSAGE(seed << " worlds until it is noticed: " << rule);
  }
}

BOOST_AUTO_TEST_CASE(an_undo_that_cannot_be_verified_outranks_every_other_outcome) {
  SimRun run;
  run.troubles.undo_conflicts = 1;
  const SimRunEnd outcome = run();
  BOOST_TEST(outcome.result.verdict.status == "broken");
  BOOST_TEST(outcome.result.verdict.exit_code == 4);
  BOOST_TEST(outcome.left_open.size() == 1U);
}

constexpr std::string_view kOneAfterTheOther = R"(muster: 1
drill: one-after-the-other
title: one, undone, then the other
stack: stack.yaml
probes:
  users: {http: {url: "http://model.test/"}, rate: 100/s, clients: 10, settle: 2s}
steps:
  - baseline: 1s
  - inject: first
    fault: {command: {host: here, apply: [first], undo: [nothing], verify: [nothing]}}
  - hold: 1s
  - undo: first
  - inject: second
    fault: {command: {host: here, apply: [second], undo: [nothing], verify: [nothing]}}
  - hold: 1s
  - undo: second
)";

BOOST_AUTO_TEST_CASE(after_a_step_that_could_not_undo_nothing_more_is_broken) {
  const Drill drill = simulated_drill(kOneAfterTheOther);
  std::set<std::string> seen;
  SimRun run;
  run.drill = &drill;
  run.on_change = [&](const std::set<std::string>& in_force) {
    seen.insert(in_force.begin(), in_force.end());
  };
  run();
  BOOST_TEST(seen == (std::set<std::string>{"first/1", "second/1"}),
             boost::test_tools::per_element());
  seen.clear();
  run.troubles.undo_conflicts = 1;
  const SimRunEnd outcome = run();
  BOOST_TEST(seen == std::set<std::string>{"first/1"}, boost::test_tools::per_element());
  BOOST_TEST(outcome.result.verdict.exit_code == 4);
  BOOST_TEST(outcome.result.run.abort.find("could not be undone") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_step_could_not_undo_is_tried_again_at_the_end) {
  const Drill drill = simulated_drill(kOneAfterTheOther);
  SimRun run;
  run.drill = &drill;
  run.troubles.undo_conflicts = 0.5;
  int undone_at_last = 0;
  for (run.seed = 1; run.seed <= 100; ++run.seed) {
    const SimRunEnd outcome = run();
    const bool failed = outcome.result.run.abort.find("could not be undone") != std::string::npos;
    undone_at_last += failed && outcome.left_open.empty() ? 1 : 0;
  }
  BOOST_TEST(undone_at_last > 10);
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
