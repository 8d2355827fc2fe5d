#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(dns_fail)

BOOST_AUTO_TEST_CASE(the_plan_for_a_name_that_is_not_there) {
  check_golden_plan(
      "dns_fail",
      lab_plan("dns_fail", "{service: resolver, hosts: client-us, name: www.novvista.test}"));
}

BOOST_AUTO_TEST_CASE(the_plan_for_a_wrong_address) {
  check_golden_plan("dns_fail_wrong_address",
                    lab_plan("dns_fail",
                             "{service: resolver, hosts: client-us, name: www.novvista.test, how: "
                             "wrong_address, address: 10.9.9.9}"));
}

BOOST_AUTO_TEST_CASE(an_address_belongs_to_a_wrong_address_and_to_nothing_else) {
  BOOST_TEST(
      holds(lab_refusal("dns_fail",
                        "{service: resolver, hosts: client-us, name: a.test, how: wrong_address}"),
            "`address`"));
  BOOST_TEST(
      holds(lab_refusal("dns_fail",
                        "{service: resolver, hosts: client-us, name: a.test, address: 10.9.9.9}"),
            "`address`"));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_local_already_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("client-us", "list_local_zones", "a.test. static\n");
  BOOST_TEST(holds(
      refusal(
          "dns_fail", "{service: resolver, hosts: client-us, name: a.test}", lab_stack(), hosts),
      "already"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
