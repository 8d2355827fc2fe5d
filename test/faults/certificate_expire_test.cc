#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(certificate_expire)

BOOST_AUTO_TEST_CASE(the_plan_for_an_edge) {
  check_golden_plan("certificate_expire",
                    lab_plan("certificate_expire", "{service: edge, hosts: edge-us}"));
}

BOOST_AUTO_TEST_CASE(the_file_is_back_before_the_last_reload) {
  const FaultPlan plan = lab_plan("certificate_expire", "{service: edge, hosts: edge-us}");
  BOOST_REQUIRE(plan.changes.size() == 3U);
  // Undone in the opposite order: the one that reloads at the end was put in force first.
  BOOST_TEST(plan.changes[0].order < plan.changes[1].order);
  BOOST_TEST(plan.changes[1].order < plan.changes[2].order);
  BOOST_TEST(plan.changes[0].apply.empty());
  BOOST_TEST(holds(plan.changes[0].undo.text(), "reload"));
  BOOST_TEST(plan.changes[1].undo.kind == "file");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_has_not_expired_is_refused) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("edge-us", "-checkend", "Certificate will not expire\n");
  BOOST_TEST(
      holds(refusal("certificate_expire", "{service: edge, hosts: edge-us}", lab_stack(), hosts),
            "has not expired"));
}

BOOST_AUTO_TEST_CASE(a_service_whose_certificate_has_expired_already_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "edge-us", "s_client", "Verify return code: 10 (certificate has expired)\n");
  BOOST_TEST(
      holds(refusal("certificate_expire", "{service: edge, hosts: edge-us}", lab_stack(), hosts),
            "edge on edge-us answers 'certificate has expired' before the fault"));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_which_only_the_beginning_came_is_served_to_nobody) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says_too_much(
      "edge-us", "cat /run/lab/tls", "-----BEGIN CERTIFICATE-----\n");
  BOOST_TEST(
      holds(refusal("certificate_expire", "{service: edge, hosts: edge-us}", lab_stack(), hosts),
            "too long to be read whole"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_certificate_is_refused_with_how_to_make_one) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("edge-us", "cat /run/lab/tls", "nothing\n");
  BOOST_TEST(
      holds(refusal("certificate_expire", "{service: edge, hosts: edge-us}", lab_stack(), hosts),
            "faketime '20 days ago' openssl"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
