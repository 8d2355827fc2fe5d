#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(service_stop)

BOOST_AUTO_TEST_CASE(the_plan_for_a_load_balancer) {
  check_golden_plan("service_stop",
                    lab_plan("service_stop", "{service: balancer, region: us-east}"));
}

BOOST_AUTO_TEST_CASE(a_service_without_a_stop_command_is_refused) {
  Stack stack = lab_stack();
  json::object values = stack.services[0].params.values();
  values.erase("stop");
  stack.services[0].params = Params(values);
  FakeHosts hosts;
  BOOST_TEST(holds(
      refusal("service_stop", "{service: app, host: app1-us}", stack, answer_like_the_lab(hosts)),
      "no `stop`"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
