#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

namespace {

Stack stack_without(std::string_view key) {
  Stack stack = lab_stack();
  for (StackService& service : stack.services) {
    if (service.name != "db") continue;
    json::object values = service.params.values();
    values.erase(key);
    service.params = Params(std::move(values));
  }
  return stack;
}

FaultPlan plan_without(std::string_view key) {
  FakeHosts hosts;
  return plan_of(
      "postgres_promote", "{service: db}", stack_without(key), answer_like_the_lab(hosts));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_promote)

BOOST_AUTO_TEST_CASE(the_plan) {
  check_golden_plan("postgres_promote", lab_plan("postgres_promote", "{service: db}"));
}

BOOST_AUTO_TEST_CASE(only_the_promotion_is_applied_and_its_undo_comes_last) {
  const FaultPlan plan = lab_plan("postgres_promote", "{service: db}");
  BOOST_REQUIRE(plan.changes.size() == 4U);
  BOOST_TEST(!plan.changes[0].apply.empty());
  for (std::size_t i = 1; i < plan.changes.size(); ++i) {
    BOOST_TEST(plan.changes[i].apply.empty());
    // `recover` undoes what was planned last first; the engine goes by the order. They agree.
    BOOST_TEST(plan.changes[i].order > plan.changes[i - 1].order);
  }
}

BOOST_AUTO_TEST_CASE(without_rejoin_in_the_stack_it_cannot_be_undone) {
  const FaultPlan plan = plan_without("rejoin");
  BOOST_REQUIRE(plan.changes.size() == 1U);
  BOOST_CHECK(plan.changes[0].undo_class == UndoClass::Irreversible);
  BOOST_TEST(plan.changes[0].undo.empty());
}

BOOST_AUTO_TEST_CASE(the_way_home_needs_to_stop_the_promoted_one) {
  FakeHosts hosts;
  BOOST_TEST(holds(
      refusal(
          "postgres_promote", "{service: db}", stack_without("stop"), answer_like_the_lab(hosts)),
      "service db has no `stop` in the stack"));
}

BOOST_AUTO_TEST_CASE(a_replica_that_does_not_stream_is_not_promoted) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-us", "pg_stat_replication", "");
  BOOST_TEST(holds(refusal("postgres_promote", "{service: db}", lab_stack(), hosts),
                   "db-eu does not stream from db-us now"));
}

BOOST_AUTO_TEST_CASE(one_that_is_no_standby_any_more_is_not_promoted) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-eu", "pg_ls_waldir", "\n");
  BOOST_TEST(holds(refusal("postgres_promote", "{service: db}", lab_stack(), hosts),
                   "db-eu is no standby now"));
}

BOOST_AUTO_TEST_CASE(only_a_replica_of_a_postgres_service_will_do) {
  BOOST_TEST(holds(lab_refusal("postgres_promote", "{service: cache}"), "no postgres service"));
  BOOST_TEST(
      holds(lab_refusal("postgres_promote", "{service: db, replica: db-us}"), "no replica of db"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
