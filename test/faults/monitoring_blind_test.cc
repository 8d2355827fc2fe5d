#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(monitoring_blind)

BOOST_AUTO_TEST_CASE(the_plan_for_one_region) {
  check_golden_plan("monitoring_blind",
                    lab_plan("monitoring_blind", "{service: monitor, hosts: mon-us}"));
}

BOOST_AUTO_TEST_CASE(only_monitoring_is_blinded) {
  BOOST_TEST(
      holds(lab_refusal("monitoring_blind", "{service: app, hosts: app1-us}"), "not prometheus"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
