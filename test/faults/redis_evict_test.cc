#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(redis_evict)

BOOST_AUTO_TEST_CASE(the_plan_for_the_denylist) {
  check_golden_plan("redis_evict", lab_plan("redis_evict", "{service: cache}"));
}

BOOST_AUTO_TEST_CASE(the_settings_come_back_and_the_keys_do_not) {
  const FaultPlan plan = lab_plan("redis_evict", "{service: cache}");
  BOOST_REQUIRE(plan.changes.size() == 2);
  BOOST_TEST((plan.changes[0].undo_class == UndoClass::SelfHealingOnRestart));
  BOOST_TEST((plan.changes[1].undo_class == UndoClass::Irreversible));
  BOOST_TEST(plan.changes[1].undo.empty());
}

BOOST_AUTO_TEST_CASE(without_a_limit_it_gets_what_it_uses_now) {
  const FaultPlan plan = lab_plan("redis_evict", "{service: cache}");
  BOOST_TEST(holds(plan.changes[0].apply.input, "CONFIG SET maxmemory 2101544"));
  BOOST_TEST(!holds(plan.changes[0].what, "2101544"));  // it may be another at its turn
}

BOOST_AUTO_TEST_CASE(a_limit_and_a_policy_are_taken_as_they_are_written) {
  const FaultPlan plan =
      lab_plan("redis_evict", "{service: cache, limit: 1MiB, policy: volatile-ttl}");
  BOOST_TEST(holds(plan.changes[0].apply.input, "maxmemory-policy volatile-ttl\r\n"));
  BOOST_TEST(holds(plan.changes[0].apply.input, "CONFIG SET maxmemory 1048576"));
}

BOOST_AUTO_TEST_CASE(the_limit_and_policy_from_before_are_put_back) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "cache-us",
      "INFO memory",
      "used_memory:1\r\nused_memory:900\r\nmaxmemory:5000\r\nmaxmemory_human:4.88K\r\n"
      "maxmemory_policy:volatile-lru\r\n\r\nevicted_keys:70\r\n");
  const FaultPlan plan = plan_of("redis_evict", "{service: cache}", lab_stack(), hosts);
  BOOST_TEST(holds(plan.changes[0].undo.input, "maxmemory-policy volatile-lru\r\n"));
  BOOST_TEST(holds(plan.changes[0].undo.input, "CONFIG SET maxmemory 5000"));
  BOOST_TEST(plan.changes[0].verify_undone.contains ==
             "maxmemory:5000\r\nmaxmemory_human:4.88K\r\nmaxmemory_policy:volatile-lru");
  // What was evicted before is none of the fault's doing.
  BOOST_TEST(plan.changes[1].verify.lacks == "evicted_keys:70\r");
}

BOOST_AUTO_TEST_CASE(a_limit_that_somebody_else_has_set_meanwhile_is_left_alone) {
  const FaultPlan plan = lab_plan("redis_evict", "{service: cache}");
  BOOST_TEST(plan.changes[0].undo.contains == "maxmemory:2101544\r");
}

BOOST_AUTO_TEST_CASE(a_redis_that_does_not_answer_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "cache-us", "INFO memory", "-NOAUTH Authentication required.\r\n");
  BOOST_TEST(holds(refusal("redis_evict", "{service: cache}", lab_stack(), hosts),
                   "does not say what memory it uses: -NOAUTH"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
