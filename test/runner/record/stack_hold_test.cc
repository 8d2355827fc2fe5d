// One stack, several servers and their shared store: who has it, and until when.
#include "runner/record/stack_hold.h"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "runner/record/given_up.h"
#include "runner/record/journal.h"
#include "runner/record/run_store.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/sim_store.h"
#include "test/runner/sim_clock.h"
#include "test/runner/sim_run.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

struct TwoServers {
  ScratchHome home;
  boost::asio::io_context loop{1};
  SimClock clock{loop};
  SimStore store{clock};
  Random random{7};

  TwoServers() { store.place = "pg-ops.example:5432"; }

  std::string new_run() { return make_run_id(clock.utc_now(), random); }
  /// A run of another server.
  StackHold hold(const std::string& run, const std::string& stack = "shop") {
    return {store, clock, stack, {run, "drain", "a.example:/var/lib/my muster"}};
  }
  StackHold hold_here(const std::string& run, const std::string& stack = "shop") {
    return {store, clock, stack, holder_here(run, "drain")};
  }
  void pass(Duration length) {
    boost::asio::co_spawn(loop, clock.sleep_for(length), [](std::exception_ptr) {});
    clock.run(1h);
  }
  /// A run of this home that died: with something in force, or with nothing.
  void die(const std::string& run, bool in_force) {
    const fs::path directory = runs_directory() / run;
    make_private_directories(directory);
    mark_open(run);
    Journal journal = Journal::create(directory / "journal");
    json::object started =
        run_started_record(run, small_drill().playbook, small_drill().stack, clock.utc_now());
    started["boot_id"] = "another boot";
    journal.append("run-started", std::move(started), true);
    if (!in_force) return;
    Change change;
    change.id = "it/1";
    change.host = "here";
    journal.append("intent", change_record(change), true);
  }
};

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stack_hold, TwoServers)

BOOST_AUTO_TEST_CASE(a_stack_is_one_runs_over_all_servers) {
  const std::string run = new_run();
  StackHold first = hold(run);
  BOOST_TEST(first.take() == "");
  BOOST_TEST(first.is_taken());
  StackHold second = hold_here(new_run());
  const std::string why = second.take();
  BOOST_TEST(
      says(why,
           "run " + run +
               " of drain on a.example:/var/lib/my muster holds the stack shop; wait for it"),
      why);
  BOOST_TEST(!second.is_taken());
  BOOST_TEST(hold_here(new_run(), "blog").take() == "");
  first.let_go();
  BOOST_TEST(second.take() == "");
}

BOOST_AUTO_TEST_CASE(where_the_store_is_a_file_nothing_is_held) {
  store.place = "";
  StackHold first = hold(new_run());
  StackHold second = hold_here(new_run());
  BOOST_TEST(first.take() == "");
  BOOST_TEST(second.take() == "");
  BOOST_TEST(!first.is_taken());
  BOOST_TEST(stack_holds(store).empty());
}

BOOST_AUTO_TEST_CASE(it_goes_with_a_run_that_never_began_and_stays_with_one_that_is_open) {
  const std::string refused = new_run();
  BOOST_TEST(hold_here(refused).take() == "");
  BOOST_TEST(stack_holds(store).empty());
  const std::string begun = new_run();
  mark_open(begun);
  BOOST_TEST(hold_here(begun).take() == "");
  const std::vector<SeenHold> holds = stack_holds(store);
  BOOST_REQUIRE(holds.size() == 1U);
  BOOST_TEST(holds[0].stack == "shop");
  BOOST_TEST(holds[0].by.run == begun);
  BOOST_TEST(holds[0].by.drill == "drain");
  BOOST_TEST(holds[0].by.server.ends_with(":" + home.path.string()));
}

BOOST_AUTO_TEST_CASE(when_its_time_is_over_it_is_the_next_ones) {
  StackHold dead = hold(new_run());
  BOOST_TEST(dead.take() == "");
  StackHold next = hold_here(new_run());
  pass(kStackHold - 1s);
  BOOST_TEST(next.take() != "");
  BOOST_TEST(!stack_holds(store).at(0).is_over);
  pass(2s);
  BOOST_TEST(stack_holds(store).at(0).is_over);
  BOOST_TEST((dead.safe_until() < clock.now()));
  BOOST_TEST(next.take() == "");
  dead.let_go();  // comes back, and takes nothing from anybody
  BOOST_TEST(hold(new_run()).take() != "");
  BOOST_TEST(!stack_holds(store).at(0).is_over);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_undone_keeps_everybody_off_until_recover_lets_go) {
  const std::string broken = new_run();
  die(broken, false);
  StackHold mine = hold_here(broken);
  BOOST_TEST(mine.take() == "");
  mine.keep_until_recovered();
  BOOST_TEST(store.lease(mine.lease().name, mine.lease().holder, kStackHold).has_value());  // late
  pass(10 * kStackHold);
  BOOST_TEST(hold(new_run()).take() != "");
  BOOST_TEST(stack_holds(store).at(0).is_broken);
  BOOST_TEST(let_go_of_recovered(store).lines.size() == 1U);
  BOOST_TEST(hold(new_run()).take() == "");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_undone_and_is_anothers_stack_by_now_is_told) {
  StackHold mine = hold(new_run());
  BOOST_TEST(mine.take() == "");
  pass(kStackHold + 1s);
  StackHold next = hold_here(new_run());
  BOOST_TEST(next.take() == "");
  BOOST_CHECK_EXCEPTION(mine.keep_until_recovered(), Error, [](const Error& error) {
    return says(error.what(), "the hold on the stack shop is another run's by now");
  });
}

BOOST_AUTO_TEST_CASE(a_home_that_cannot_be_looked_into_may_have_the_run_open) {
  fs::create_symlink("open", muster_home() / "open");  // leads nowhere
  BOOST_TEST(hold_here(new_run()).take() == "");
  BOOST_TEST(stack_holds(store).size() == 1U);
}

BOOST_AUTO_TEST_CASE(recover_lets_go_of_no_hold_of_another_home_of_the_same_name) {
  const std::string theirs = new_run();
  const std::string broken = new_run();
  store.lease("stack:blog", broken + " drain " + holder_here("", "").server, kUntilRecovered);
  store.lease("stack:shop", theirs + " drain " + holder_here("", "").server, kStackHold);
  pass(2 * kStackHold);
  const LettingGo outcome = let_go_of_recovered(store);
  BOOST_TEST(stack_holds(store).size() == 2U);
  BOOST_TEST(outcome.is_complete);
  BOOST_REQUIRE(outcome.lines.size() == 2U);
  BOOST_TEST(says(outcome.lines[0], "muster recover --give-up " + broken), outcome.lines[0]);
  BOOST_TEST(says(outcome.lines[1], "nothing of that run is here"), outcome.lines[1]);
}

BOOST_AUTO_TEST_CASE(a_run_that_cannot_be_read_keeps_its_stack_and_no_other) {
  const std::string unreadable = new_run();
  make_private_directories(runs_directory() / unreadable / "journal");  // where a file is expected
  mark_open(unreadable);
  BOOST_TEST(hold_here(unreadable, "blog").take() == "");
  const std::string harmless = new_run();
  die(harmless, false);
  BOOST_TEST(hold_here(harmless, "shop").take() == "");
  const LettingGo outcome = let_go_of_recovered(store);
  BOOST_TEST(!outcome.is_complete);
  BOOST_REQUIRE(outcome.lines.size() == 2U);
  BOOST_TEST(says(outcome.lines[0], unreadable), outcome.lines[0]);
  BOOST_REQUIRE(stack_holds(store).size() == 1U);
  BOOST_TEST(stack_holds(store)[0].stack == "blog");
}

BOOST_AUTO_TEST_CASE(what_was_given_up_lets_go_of_its_stack) {
  const std::string run = new_run();
  die(run, true);
  BOOST_TEST(hold_here(run).take() == "");
  BOOST_TEST(let_go_of_recovered(store).lines.empty());
  give_up_run(trace_as_far_as_readable(run), {"alice", "scrapped", clock.utc_now()});
  BOOST_TEST(let_go_of_recovered(store).lines.size() == 1U);
  BOOST_TEST(stack_holds(store).empty());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_away_is_an_error) {
  StackHold mine = hold_here(new_run());
  store.away = true;
  BOOST_CHECK_THROW(mine.take(), Error);
  BOOST_CHECK_THROW(mine.let_go(), Error);
  BOOST_CHECK_THROW(stack_holds(store), Error);
  BOOST_CHECK_THROW(let_go_of_recovered(store), Error);
}

BOOST_AUTO_TEST_CASE(recover_lets_go_of_what_is_undone_and_of_nothing_else) {
  const std::string elsewhere = new_run();
  BOOST_TEST(hold(elsewhere, "theirs").is_taken() == false);
  store.lease("stack:theirs", elsewhere + " drain b.example:/home", kStackHold);
  store.lease("stack:../x", new_run() + " drain " + holder_here("", "").server, kStackHold);
  store.lease("stack:odd", "somebody", kStackHold);
  const auto dies = [&](const std::string& stack, bool in_force) {
    const std::string run = new_run();
    die(run, in_force);
    BOOST_TEST(hold_here(run, stack).take() == "");
    return run;
  };
  const std::string broken = dies("broken", true);
  const std::string harmless = dies("harmless", false);
  const std::string running = new_run();
  mark_open(running);
  BOOST_TEST(hold_here(running, "busy").take() == "");
  std::optional<StackLock> lock(std::in_place, "busy", running);
  BOOST_TEST(stack_holds(store).size() == 6U);

  BOOST_TEST(let_go_of_recovered(store).lines.size() == 1U);
  const auto is_held = [&](const std::string& stack) {
    return std::ranges::any_of(stack_holds(store),
                               [&](const SeenHold& hold) { return hold.stack == stack; });
  };
  BOOST_TEST(!is_held("harmless"));
  for (const char* stack : {"theirs", "../x", "odd", "broken", "busy"}) BOOST_TEST(is_held(stack));
  die(running, false);
  lock.reset();
  const std::vector<std::string> lines = let_go_of_recovered(store).lines;
  BOOST_TEST(
      lines == std::vector<std::string>{"run " + running + " of drain let go of the stack busy"},
      boost::test_tools::per_element());
  // Undone.
  Journal::reopen(runs_directory() / broken / "journal").append("closed", {}, true);
  BOOST_TEST(let_go_of_recovered(store).lines.empty());
}

BOOST_AUTO_TEST_SUITE_END()
