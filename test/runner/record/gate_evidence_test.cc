// What the gate finds in a home: runs that were kept as a runner keeps them, then spoilt on disk.
#include "runner/record/gate_evidence.h"

#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "runner/record/journal.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "runner/record/stack_hold.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/sim_store.h"
#include "test/runner/sim_run.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

const Result& passed_run() {
  static const Result kPassed = [] {
    Result result = SimRun{}().result;
    result.samples = Result::Samples{"samples", "muster.samples/1", 5000, 80'000, "sha256:00"};
    return result;
  }();
  return kPassed;
}

struct GateHome {
  ScratchHome home;
  std::unique_ptr<Store> store = open_store("sqlite:" + (home.path / "history.db").string());
  Random random{7};
  GateDemand demand;
  UtcTime now = passed_run().run.ended_at + 1h;

  GateHome() { demand.drill = passed_run().run.drill; }

  /// Keeps a run like the good one, so much later; returns its directory.
  fs::path keep(Duration later = 0s, Result result = passed_run()) {
    const auto moved = std::chrono::duration_cast<std::chrono::microseconds>(later);
    result.run.started_at += moved;
    result.run.ended_at += moved;
    result.run.number = store->history().next_number(result.run.drill);
    result.run.id = result.run.trial_group = make_run_id(result.run.started_at, random);
    const fs::path directory = runs_directory() / result.run.id;
    make_private_directories(directory);
    BOOST_REQUIRE(keep_result(*store, directory, result) == "");
    return directory;
  }
  GateEvidence evidence() {
    const TrustedKeys trusted = trusted_keys({});
    return collect_evidence(demand, {store.get(), "", trusted, "", now});
  }
  DrillAnswer answer() { return decide(demand, evidence()); }
};

bool says(const DrillAnswer& answer, std::string_view words) {
  return !answer.allow && std::ranges::any_of(answer.reasons, [&](const std::string& reason) {
    return reason.find(words) != std::string::npos;
  });
}

/// A run that has begun, on the stack of the good one: its journal, and the name that says that
/// something may be in force.
std::string begun_run(const std::string& drill, UtcTime now) {
  Random random{entropy()};
  const std::string id = make_run_id(now, random);
  const fs::path directory = runs_directory() / id;
  make_private_directories(directory);
  Drill begun = small_drill();
  begun.playbook.drill = drill;
  Journal journal = Journal::create(directory / "journal");
  journal.append("run-started", run_started_record(id, begun.playbook, begun.stack, now), true);
  mark_open(id);
  return id;
}

/// The same, whose runner is dead.
void let_die(const std::string& id) {
  const fs::path journal = runs_directory() / id / "journal";
  std::string text = read_file(journal);
  fs::remove(journal);
  Journal rewritten = Journal::create(journal);
  for (JournalRecord record : parse_journal(text).records) {
    record.detail["started"] = "0";
    record.detail["pid"] = 1;
    rewritten.append(record.kind, record.detail, true);
  }
}

const std::string kElsewhere = "01KA3H6Q9T3V8Y2N5W7B4C6D8E another b.example:/var/lib/muster";

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_evidence)

BOOST_AUTO_TEST_CASE(a_store_that_was_put_back_is_told_by_the_newer_runs_that_lie_here) {
  GateHome home;
  home.keep();
  home.store.reset();
  const std::string file = "history.db";
  fs::copy(home.home.path / file, home.home.path / "backup");
  home.store = open_store("sqlite:" + (home.home.path / file).string());
  Result failed = passed_run();
  failed.verdict.status = "fail";
  failed.verdict.exit_code = 1;
  home.keep(1min, failed);
  home.store.reset();
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(home.home.path / (file + tail));
  fs::copy(home.home.path / "backup", home.home.path / file);
  home.store = open_store("sqlite:" + (home.home.path / file).string());
  BOOST_TEST(says(home.answer(), "the store was put back"));
  home.keep(2min);  // the drill was run again
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_kept_opens_the_gate) {
  GateHome home;
  BOOST_TEST(!home.answer().allow);
  home.keep();
  const DrillAnswer answer = home.answer();
  BOOST_TEST(answer.allow, (answer.reasons.empty() ? "" : answer.reasons.front()));
  BOOST_TEST(answer.reasons.front().starts_with("run 1 of 'small' passed"));
}

BOOST_AUTO_TEST_CASE(a_run_of_another_machine_is_read_from_the_store) {
  GateHome home;
  fs::remove_all(home.keep());
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_result_that_was_changed_on_disk_is_not_believed) {
  GateHome home;
  const fs::path directory = home.keep();
  const std::string text = read_file(directory / "result.json");
  write_file_atomically(directory / "result.json", text + " ");
  BOOST_TEST(says(home.answer(), "one of them was changed"));
  BOOST_TEST(says(home.answer(), "is not the one that the history remembers"));
  write_file_atomically(directory / "result.json", "");
  BOOST_TEST(!home.answer().allow);
  write_file_atomically(directory / "result.json", text);
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_result_without_its_signature_is_not_believed) {
  GateHome home;
  const fs::path directory = home.keep();
  fs::remove(directory / "result.sig");
  BOOST_TEST(says(home.answer(), "run 1 is not signed; run the drill again with this muster"));
  write_file_atomically(directory / "result.sig", std::string(5000, 'x'));
  BOOST_TEST(says(home.answer(), "the result cannot be read"));
}

BOOST_AUTO_TEST_CASE(a_new_key_makes_old_results_count_no_more) {
  GateHome home;
  home.keep();
  fs::remove(signing_key_file());
  SigningKey::open_or_make(signing_key_file());
  BOOST_TEST(says(home.answer(), "which is not trusted"));
}

BOOST_AUTO_TEST_CASE(the_signature_of_another_home_counts_where_its_key_is_trusted) {
  GateHome home;
  home.keep();
  const fs::path others_key = home.home.path / "other.pub";
  fs::rename(public_key_file(signing_key_file()), others_key);
  fs::remove(signing_key_file());
  SigningKey::open_or_make(signing_key_file());
  const auto allows = [&](const std::vector<std::string>& files) {
    const TrustedKeys trusted = trusted_keys(files);
    return decide(home.demand,
                  collect_evidence(home.demand, {home.store.get(), "", trusted, "", home.now}))
        .allow;
  };
  BOOST_TEST(!allows({}));
  BOOST_TEST(allows({others_key.string()}));
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_asked_denies) {
  GateHome home;
  home.keep();
  const TrustedKeys trusted = trusted_keys({});
  const DrillAnswer answer = decide(
      home.demand, collect_evidence(home.demand, {nullptr, "it is away", trusted, "", home.now}));
  BOOST_TEST(says(answer, "the history cannot be read: it is away"));
}

BOOST_AUTO_TEST_CASE(the_newest_run_counts) {
  GateHome home;
  home.keep();
  Result failed = passed_run();
  failed.verdict.status = "fail";
  failed.verdict.exit_code = 1;
  home.keep(10min, failed);
  BOOST_TEST(says(home.answer(), "did not pass"));
  home.keep(20min);
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_drill_that_overlapped_denies_where_it_was_on_the_same_stack) {
  GateHome home;
  home.keep();
  Result other = passed_run();
  other.run.drill = "another";
  home.keep(1s, other);
  BOOST_TEST(says(home.answer(), "was going on at the same time on the same stack"));

  GateHome elsewhere;
  elsewhere.keep();
  other.run.service = "elsewhere";
  for (Result::EnvironmentItem& item : other.environment)
    if (item.key == "stack") item.value = "elsewhere";
  elsewhere.keep(1s, other);
  BOOST_TEST(elsewhere.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_drill_that_runs_now_on_the_same_stack_denies) {
  GateHome home;
  home.keep();
  const std::string id = begun_run("another", home.now);
  BOOST_TEST(says(home.answer(), "is going on now on the same stack"));
  mark_closed(id);
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_drill_that_runs_on_another_server_denies_on_the_same_stack) {
  GateHome home;
  home.keep();
  const Lease elsewhere = home.store->lease("stack:elsewhere", kElsewhere, 1h).value();
  BOOST_TEST(home.answer().allow);
  const Lease here = home.store->lease("stack:" + passed_run().run.service, kElsewhere, 1h).value();
  BOOST_TEST(says(home.answer(),
                  "run 01KA3H6Q9T3V8Y2N5W7B4C6D8E of 'another' is going on now on the same stack"));
  home.store->release(here);
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_run_of_another_server_that_was_cut_denies_until_somebody_has_undone_it) {
  GateHome home;
  home.keep();
  home.store->lease("stack:elsewhere", kElsewhere, 0s);
  std::this_thread::sleep_for(5ms);
  BOOST_TEST(says(home.answer(),
                  "run 01KA3H6Q9T3V8Y2N5W7B4C6D8E of another on b.example:/var/lib/muster was cut "
                  "on the stack elsewhere; nobody has said that everything is undone"));
  // Another drills there, which is none of this stack's business, and comes to a clean end.
  const Lease next = home.store->lease("stack:elsewhere", "c", 1h).value();
  BOOST_TEST(home.answer().allow);
  home.store->release(next);
  BOOST_TEST(home.answer().allow);
}

BOOST_AUTO_TEST_CASE(a_run_of_another_server_that_could_not_undo_everything_denies) {
  GateHome home;
  home.keep();
  home.store->lease("stack:elsewhere", kElsewhere, kUntilRecovered);
  BOOST_TEST(
      says(home.answer(),
           "run 01KA3H6Q9T3V8Y2N5W7B4C6D8E of another on b.example:/var/lib/muster could not "
           "undo everything on the stack elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_hold_that_nobody_understands_denies_as_any_other) {
  GateHome home;
  home.keep();
  const Lease held = home.store->lease("stack:" + passed_run().run.service, "somebody", 1h).value();
  BOOST_TEST(says(home.answer(), "is going on now on the same stack"));
  home.store->release(held);
  home.store->lease("stack:" + passed_run().run.service, "somebody", 0s);
  std::this_thread::sleep_for(5ms);
  BOOST_TEST(says(home.answer(), "on somebody was cut"));
}

BOOST_AUTO_TEST_CASE(a_run_of_this_home_is_told_once) {
  GateHome home;
  home.keep();
  const std::string id = begun_run("another", home.now);
  std::optional<Lease> held;
  const auto hold = [&](Duration length) {
    if (held) home.store->release(*held);
    held =
        home.store->lease("stack:" + small_drill().stack.name, id + " another here:/home", length);
    std::this_thread::sleep_for(5ms);
  };
  hold(1h);
  BOOST_TEST(home.evidence().running.size() == 1U);
  // It came to its end, and its hold was not let go: the store was away.
  Journal::reopen(runs_directory() / id / "journal").append("closed", {}, true);
  BOOST_TEST(home.evidence().running.size() == 1U);
  hold(0s);
  BOOST_TEST(home.evidence().running.empty());
  BOOST_TEST(says(home.answer(), "was cut"));
}

BOOST_AUTO_TEST_CASE(what_other_servers_drill_must_be_known) {
  GateHome home;
  boost::asio::io_context loop;
  SimClock clock(loop);
  SimStore store(clock);
  home.keep();
  store.remembered = home.store->history().runs("", 1);
  const auto answer = [&] {
    const TrustedKeys trusted = trusted_keys({});
    return decide(home.demand, collect_evidence(home.demand, {&store, "", trusted, "", home.now}));
  };
  BOOST_TEST(answer().allow);
  store.hides_leases = true;
  BOOST_TEST(says(answer(), "what other servers drill could not be read: the leases are away"));
}

BOOST_AUTO_TEST_CASE(a_run_that_died_and_never_came_into_the_history_denies) {
  GateHome home;
  home.keep();
  const std::string other = begun_run("another", home.now);
  let_die(other);
  BOOST_TEST(home.answer().allow);
  const std::string same = begun_run(home.demand.drill, home.now);
  let_die(same);
  BOOST_TEST(says(home.answer(), same + " has ended and is not in the history"));
}

BOOST_AUTO_TEST_CASE(unfinished_runs_that_cannot_be_read_deny) {
  GateHome home;
  home.keep();
  const std::string id = begun_run("another", home.now);
  fs::remove(runs_directory() / id / "journal");
  fs::create_directory(runs_directory() / id / "journal");
  BOOST_TEST(!home.answer().allow);
}

BOOST_AUTO_TEST_CASE(the_playbook_must_be_the_one_that_was_run) {
  GateHome home;
  const auto playbook = [&](std::string_view hold) {
    write_file_atomically(home.home.path / "stack.yaml",
                          "muster_stack: 1\nstack: model\nhosts: {here: {reach: local}}\n"
                          "vantages: {me: {host: here}}\n");
    write_file_atomically(home.home.path / "drill.yaml",
                          fmt::format("muster: 1\ndrill: small\nstack: stack.yaml\nsteps:\n"
                                      "  - inject: cut\n    fault: {{command: {{host: here, apply: "
                                      "[a], undo: [a], verify: [a]}}}}\n  - hold: {}\n",
                                      hold));
  };
  playbook("3s");
  home.demand.playbook = (home.home.path / "drill.yaml").string();
  home.demand.stack = (home.home.path / "stack.yaml").string();
  Result result = passed_run();
  const GateEvidence evidence = home.evidence();
  BOOST_TEST(evidence.stack == "model");
  result.playbook.digest = evidence.playbook_digest;
  home.keep(0s, result);
  BOOST_TEST(home.answer().allow);
  playbook("4s");
  BOOST_TEST(says(home.answer(), "the run was of another playbook"));
  playbook("x");
  BOOST_TEST(says(home.answer(), "what the policy names cannot be read"));
  fs::remove(home.demand.playbook);
  BOOST_TEST(says(home.answer(), "what the policy names cannot be read"));
}

BOOST_AUTO_TEST_CASE(many_trials_are_all_looked_at) {
  GateHome home;
  Result trial = passed_run();
  trial.run.trial_of = 70;
  std::string group;
  for (int i = 0; i < 70; ++i) {
    Result one = trial;
    one.run.started_at += std::chrono::minutes(i);
    one.run.ended_at += std::chrono::minutes(i);
    one.run.id = make_run_id(one.run.started_at, home.random);
    if (group.empty()) group = one.run.id;
    one.run.trial_group = group;
    one.run.trial_index = i + 1;
    one.run.number = i + 1;
    const bool first = i == 0;
    one.verdict.status = first ? "fail" : "pass";
    one.verdict.exit_code = first ? 1 : 0;
    HistoryRun run = history_run_of(one);
    home.store->history().add(run);
  }
  BOOST_TEST(home.evidence().runs.size() == 70U);
  BOOST_TEST(says(home.answer(), "another trial of the same group, run 1, ended as 'fail'"));
}

BOOST_AUTO_TEST_CASE(a_server_sees_a_newer_run_at_once_and_the_rest_within_a_second) {
  GateHome home;
  const fs::path directory = home.keep();
  const TrustedKeys trusted = trusted_keys({});
  RecentEvidence recent;
  const auto allows = [&](const std::string& lever = "") {
    return decide(home.demand,
                  recent.collect(home.demand, {home.store.get(), "", trusted, lever, home.now}))
        .allow;
  };
  BOOST_TEST(allows());
  fs::remove(directory / "result.sig");
  home.now += 999ms;
  BOOST_TEST(allows());
  BOOST_TEST(!allows("the safety lever is engaged"));
  home.now += 1ms;
  BOOST_TEST(!allows());
  home.keep(10min);
  BOOST_TEST(allows());
  const Lease hold = home.store->lease("stack:" + passed_run().run.service, kElsewhere, 1h).value();
  home.now += 999ms;
  BOOST_TEST(allows());
  home.now += 1ms;
  BOOST_TEST(!allows());
  home.store->release(hold);
  home.now += 1s;
  BOOST_TEST(allows());
  home.now -= 2h;  // the clock was set back: nothing is taken for recent
  BOOST_TEST(!allows());
}

BOOST_AUTO_TEST_CASE(a_server_keeps_apart_what_is_demanded) {
  GateHome home;
  home.keep();
  const TrustedKeys trusted = trusted_keys({});
  RecentEvidence recent;
  const auto allows = [&](const std::string& drill, const std::string& environment) {
    GateDemand demand;
    demand.drill = drill;
    demand.environment = environment;
    return decide(demand, recent.collect(demand, {home.store.get(), "", trusted, "", home.now}))
        .allow;
  };
  BOOST_TEST(allows("small", ""));
  BOOST_TEST(allows("small", "lab"));
  BOOST_TEST(!allows("small", "production"));
  BOOST_TEST(!allows("other", ""));
}

BOOST_AUTO_TEST_SUITE_END()
