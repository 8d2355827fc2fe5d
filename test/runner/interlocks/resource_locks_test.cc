#include "runner/interlocks/resource_locks.h"

#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "runner/record/run_store.h"
#include "test/runner/sample_drill.h"
#include "test/runner/scratch_home.h"

using namespace muster;

namespace {

/// A plan that takes hold of a resource which no other test, nor a drill, ever names.
struct OwnResource : ScratchHome {
  Stack stack = two_regions();
  std::vector<PlannedInject> planned{drain_of("west", "us")};

  OwnResource() { planned[0].plan.changes[0].resource = "test:" + path.string(); }

  static std::string new_run() {
    static Random random(entropy());
    return make_run_id(SystemClock().utc_now(), random);
  }
};

bool says(const std::vector<std::string>& reasons, std::string_view part) {
  return reasons.size() == 1 && reasons[0].find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resource_locks, OwnResource)

BOOST_AUTO_TEST_CASE(a_second_run_is_told_who_holds_the_resource) {
  const std::string first = new_run();
  ResourceLocks mine(first);
  ResourceLocks others(new_run());
  BOOST_TEST(mine.take(stack, planned).empty());
  BOOST_TEST(
      says(others.take(stack, planned), "by run " + first + " of the home " + path.string()));
}

BOOST_AUTO_TEST_CASE(it_is_free_again_when_the_first_has_ended) {
  { BOOST_TEST(ResourceLocks(new_run()).take(stack, planned).empty()); }
  BOOST_TEST(ResourceLocks(new_run()).take(stack, planned).empty());
}

BOOST_AUTO_TEST_CASE(one_run_may_name_a_resource_twice) {
  planned.push_back(planned[0]);
  BOOST_TEST(ResourceLocks(new_run()).take(stack, planned).empty());
}

BOOST_AUTO_TEST_CASE(the_name_a_stack_gives_to_a_host_does_not_matter_but_how_it_is_reached_does) {
  ResourceLocks mine(new_run());
  BOOST_TEST(mine.take(stack, planned).empty());
  Stack renamed = stack;
  for (StackHost& host : renamed.hosts) host.name = "other-" + host.name;
  std::vector<PlannedInject> there = planned;
  there[0].plan.changes[0].host = "other-lb-us";
  BOOST_TEST(ResourceLocks(new_run()).take(renamed, there).size() == 1U);
  for (StackHost& host : renamed.hosts) host.reach = {Reach::Kind::Netns, "elsewhere"};
  BOOST_TEST(ResourceLocks(new_run()).take(renamed, there).empty());
}

BOOST_AUTO_TEST_CASE(a_run_of_another_home_that_died_with_the_resource_in_force_keeps_it) {
  const std::string dead = new_run();
  {
    // It left an intent, and its marker; a runner with this identity is long gone.
    Playbook playbook;
    make_private_directories(runs_directory() / dead);
    mark_open(dead);
    Journal journal = Journal::create(runs_directory() / dead / "journal");
    json::object started = run_started_record(dead, playbook, stack, SystemClock().utc_now());
    started["start_ticks"] = 1;
    journal.append("run-started", std::move(started), true);
    journal.append("intent", change_record(planned[0].plan.changes[0]), true);
    ResourceLocks its(dead);
    BOOST_TEST(its.take(stack, planned).empty());
  }
  const std::string its_home = path.string();
  {
    const ScratchHome another;
    BOOST_TEST(says(ResourceLocks(new_run()).take(stack, planned),
                    "MUSTER_HOME=" + its_home + " muster recover"));
    // Being refused changes nothing of that.
    BOOST_TEST(says(ResourceLocks(new_run()).take(stack, planned), "muster recover"));
    Journal::reopen(std::filesystem::path(its_home) / "runs" / dead / "journal")
        .append("undone", json::object{{"change", "west/1"}, {"clean", true}}, true);
    BOOST_TEST(ResourceLocks(new_run()).take(stack, planned).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
