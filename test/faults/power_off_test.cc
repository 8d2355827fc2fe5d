#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(power_off)

BOOST_AUTO_TEST_CASE(the_plan_for_a_region) {
  check_golden_plan("power_off", lab_plan("power_off", "{region: eu-west}"));
}

BOOST_AUTO_TEST_CASE(databases_come_back_first) {
  int database = 0;
  int balancer = 0;
  for (const Change& change : lab_plan("power_off", "{region: eu-west}").changes) {
    if (change.host == "db-eu") database = change.order;
    if (change.host == "edge-eu") balancer = change.order;
  }
  BOOST_TEST(database > balancer);  // undone in the opposite order
}

BOOST_AUTO_TEST_CASE(hosts_without_services_have_nothing_to_lose) {
  BOOST_TEST(holds(lab_refusal("power_off", "{host: net-us}"), "no service"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
