#include "runner/plan/regions.h"

#include <boost/test/unit_test.hpp>

#include "test/runner/sample_drill.h"

using namespace muster;

namespace {

/// The steps by which no region would be left, joined by blanks.
std::string refused(std::vector<Step> steps, const std::vector<PlannedInject>& planned) {
  Drill drill = empty_drill();
  drill.playbook.steps = std::move(steps);
  std::string names;
  for (const NoRegionLeft& each : injects_leaving_no_region(drill.playbook, drill.stack, planned))
    names += (names.empty() ? "" : " ") + each.step;
  return names;
}

Step accepting(Step step) {
  std::get<InjectStep>(step.action).accept_all_regions = true;
  return step;
}

const std::vector<PlannedInject> kBothDrained{drain_of("west", "us"), drain_of("east", "eu")};

}  // namespace

BOOST_AUTO_TEST_SUITE(regions)

BOOST_AUTO_TEST_CASE(one_region_after_the_other_may_go) {
  BOOST_TEST(refused({inject_step("west"), undo_step("west"), inject_step("east")}, kBothDrained) ==
             "");
}

BOOST_AUTO_TEST_CASE(a_second_region_may_not_go_while_the_first_is_out) {
  BOOST_TEST(refused({inject_step("west"), inject_step("east"), undo_step("west")}, kBothDrained) ==
             "east");
}

BOOST_AUTO_TEST_CASE(branches_of_a_parallel_step_count_as_all_broken_at_once) {
  BOOST_TEST(refused({parallel_step({inject_step("west"), inject_step("east")})}, kBothDrained) ==
             "east");
  BOOST_TEST(refused({inject_step("west"), parallel_step({undo_step("west"), inject_step("east")})},
                     kBothDrained) == "east");
}

BOOST_AUTO_TEST_CASE(a_step_may_accept_it_for_itself_alone) {
  const std::vector<Step> steps{inject_step("west"), accepting(inject_step("east"))};
  BOOST_TEST(refused(steps, kBothDrained) == "");
  BOOST_TEST(refused({accepting(inject_step("west")), inject_step("east")}, kBothDrained) ==
             "east");
}

BOOST_AUTO_TEST_CASE(a_region_that_lost_every_process_of_a_service_is_out) {
  const auto planned = std::vector{
      drain_of("west", "us"), kill_on("one", {"app1-eu"}), kill_on("other", {"app2-eu"})};
  BOOST_TEST(refused({inject_step("west"), inject_step("one")}, planned) == "");
  BOOST_TEST(refused({inject_step("west"), inject_step("one"), inject_step("other")}, planned) ==
             "other");
  BOOST_TEST(refused({inject_step("one"), inject_step("other"), inject_step("west")}, planned) ==
             "west");
}

BOOST_AUTO_TEST_CASE(the_reason_names_each_region_and_what_takes_it_out) {
  Drill drill = empty_drill();
  drill.playbook.steps = {inject_step("west"), inject_step("kill")};
  const std::vector planned{drain_of("west", "us"), kill_on("kill", {"app1-eu", "app2-eu"})};
  const auto found = injects_leaving_no_region(drill.playbook, drill.stack, planned);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].out == (std::vector<std::string>{"eu by kill", "us by west"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_stack_without_regions_has_none_to_lose) {
  Drill drill = empty_drill();
  drill.stack.regions.clear();
  drill.playbook.steps = {inject_step("west")};
  BOOST_TEST(
      injects_leaving_no_region(drill.playbook, drill.stack, {drain_of("west", "us")}).empty());
}

BOOST_AUTO_TEST_CASE(what_a_step_takes_out_is_told_once) {
  Drill drill = empty_drill();
  drill.playbook.steps = {inject_step("some"), inject_step("west"), inject_step("again")};
  const std::vector planned{
      kill_on("some", {"app1-us"}), drain_of("west", "us"), drain_of("again", "us")};
  const auto losses = regions_lost(drill.playbook, drill.stack, planned);
  BOOST_REQUIRE(losses.size() == 1U);
  BOOST_TEST(losses[0].step == "west");
  BOOST_TEST(losses[0].regions == std::vector<std::string>{"us"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
