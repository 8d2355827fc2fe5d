#include "runner/interlocks/resource_locks.h"

#include <unistd.h>

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

/// What a run of that home left of its locks.
std::vector<std::filesystem::path> locks_of(const std::filesystem::path& home) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path shared =
      ::geteuid() == 0
          ? std::filesystem::path("/run/muster/locks")
          : std::filesystem::path(fmt::format("/dev/shm/muster-{}/locks", ::geteuid()));
  for (const auto& entry : std::filesystem::directory_iterator(shared))
    if (read_file_if_exists(entry.path()).value_or("").starts_with(home.string() + "\n"))
      files.push_back(entry.path());
  return files;
}

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
  for (StackHost& host : renamed.hosts) host.reach = {Reach::Kind::Netns, "elsewhere", {}};
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

BOOST_AUTO_TEST_CASE(a_home_that_is_not_to_be_seen_keeps_what_its_dead_run_held) {
  const std::filesystem::path aside = path.string() + "-aside";
  const std::filesystem::path its_home = path;
  const std::string dead = new_run();
  make_private_directories(path / "locks");
  mark_open(dead);
  { BOOST_TEST(ResourceLocks(dead).take(stack, planned).empty()); }
  BOOST_REQUIRE(locks_of(its_home).size() == 1U);
  const std::string file = locks_of(its_home)[0].string();
  {
    const ScratchHome another;
    std::filesystem::rename(its_home, aside);
    BOOST_TEST(says(ResourceLocks(new_run()).take(stack, planned), "remove " + file));
    std::filesystem::create_directory(its_home);  // where a disk was mounted
    BOOST_TEST(says(ResourceLocks(new_run()).take(stack, planned), "remove " + file));
    std::filesystem::remove(its_home);
    std::filesystem::rename(aside, its_home);
    // Nothing of that run was ever written: it touched nothing.
    BOOST_TEST(ResourceLocks(new_run()).take(stack, planned).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_home_that_cannot_be_looked_into_may_have_the_run_open) {
  std::filesystem::create_symlink("open", path / "open");  // leads nowhere
  { BOOST_TEST(ResourceLocks(new_run()).take(stack, planned).empty()); }
  BOOST_REQUIRE(locks_of(path).size() == 1U);
  std::filesystem::remove(locks_of(path)[0]);
}

BOOST_AUTO_TEST_CASE(a_run_of_which_nothing_is_open_any_more_is_forgotten_and_no_other) {
  const std::string dead = new_run();
  const std::string other = new_run();
  mark_open(dead);
  mark_open(other);
  std::vector<PlannedInject> elsewhere = planned;
  elsewhere[0].plan.changes[0].resource += " elsewhere";
  { BOOST_TEST(ResourceLocks(dead).take(stack, planned).empty()); }
  { BOOST_TEST(ResourceLocks(other).take(stack, elsewhere).empty()); }
  BOOST_TEST(locks_of(path).size() == 2U);
  forget_locks_of(dead);
  BOOST_TEST(locks_of(path).size() == 1U);
  {
    ResourceLocks held(other);
    BOOST_TEST(held.take(stack, elsewhere).empty());
    forget_locks_of(other);
    BOOST_TEST(locks_of(path).size() == 1U);
  }
  forget_locks_of(other);
  BOOST_TEST(locks_of(path).empty());
}

BOOST_AUTO_TEST_SUITE_END()
