#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(clock_skew)

BOOST_AUTO_TEST_CASE(the_plan_for_a_clock_that_is_behind) {
  check_golden_plan("clock_skew", lab_plan("clock_skew", "{service: app, hosts: app1-us, by: 5m}"));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_ahead_is_written_with_its_sign) {
  const FaultPlan plan =
      lab_plan("clock_skew", "{service: app, hosts: app1-us, by: 90s, direction: ahead}");
  BOOST_TEST(plan.changes[0].apply.input == "+90\n");
  BOOST_TEST(plan.changes[0].verify.args.back() == "+90");
  BOOST_TEST(plan.changes[0].verify_undone.args.back() == "+0");
}

BOOST_AUTO_TEST_CASE(only_a_clock_of_the_service_alone_is_set) {
  BOOST_TEST(holds(lab_refusal("clock_skew", "{service: balancer, region: us-east, by: 5m}"),
                   "no `clock`"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
