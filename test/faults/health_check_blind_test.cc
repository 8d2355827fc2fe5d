#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(health_check_blind)

BOOST_AUTO_TEST_CASE(the_plan_for_one_region) {
  check_golden_plan("health_check_blind", lab_plan("health_check_blind", "{region: us-east}"));
}

BOOST_AUTO_TEST_CASE(a_stack_without_gdnsd_is_refused) {
  Stack stack = lab_stack();
  std::erase_if(stack.routings, [](const Routing& each) { return each.kind == "gdnsd"; });
  FakeHosts hosts;
  BOOST_TEST(
      holds(refusal("health_check_blind", "{region: us-east}", stack, answer_like_the_lab(hosts)),
            "only the health checks of gdnsd"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
