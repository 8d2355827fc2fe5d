#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(process_pause)

BOOST_AUTO_TEST_CASE(the_plan_for_a_region) {
  check_golden_plan("process_pause", lab_plan("process_pause", "{service: app, region: us-east}"));
}

BOOST_AUTO_TEST_CASE(a_service_needs_no_start_command_to_be_frozen) {
  Stack stack = lab_stack();
  json::object values = stack.services[0].params.values();
  values.erase("start");
  stack.services[0].params = Params(values);
  FakeHosts hosts;
  BOOST_TEST(refusal("process_pause",
                     "{service: app, host: app1-us}",
                     stack,
                     answer_like_the_lab(hosts)) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
