#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(redis_pause)

BOOST_AUTO_TEST_CASE(the_plan_for_the_denylist) {
  check_golden_plan("redis_pause", lab_plan("redis_pause", "{service: cache}"));
}

BOOST_AUTO_TEST_CASE(redis_itself_ends_it_at_the_deadline) {
  const FaultPlan plan = lab_plan("redis_pause", "{service: cache}");
  BOOST_TEST(holds(plan.changes[0].apply.input, "CLIENT PAUSE 120000 WRITE"));
  BOOST_TEST((plan.changes[0].undo_class == UndoClass::SelfExpiring));
}

BOOST_AUTO_TEST_CASE(a_redis_that_does_not_answer_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("cache-us", "PUBLISH", "");
  BOOST_TEST(holds(refusal("redis_pause", "{service: cache}", lab_stack(), hosts),
                   "does not answer well"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
