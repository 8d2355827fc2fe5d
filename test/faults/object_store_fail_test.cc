#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(object_store_fail)

BOOST_AUTO_TEST_CASE(the_plan_for_a_store_that_refuses) {
  check_golden_plan("object_store_fail",
                    lab_plan("object_store_fail", "{service: objects, region: us-east}"));
}

BOOST_AUTO_TEST_CASE(the_plan_for_a_store_that_answers_wrongly) {
  check_golden_plan(
      "object_store_fail_corrupt",
      lab_plan("object_store_fail", "{service: objects, region: us-east, how: corrupt}"));
}

BOOST_AUTO_TEST_CASE(wrong_bytes_pass_for_health_so_that_nobody_moves) {
  BOOST_TEST(
      !lab_plan("object_store_fail", "{service: objects, region: us-east}").predicted.empty());
  BOOST_TEST(lab_plan("object_store_fail", "{service: objects, region: us-east, how: corrupt}")
                 .predicted.empty());
}

BOOST_AUTO_TEST_CASE(a_store_that_does_not_answer_well_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("obj-us", "/objects/look", "<html>404</html>");
  BOOST_TEST(
      holds(refusal("object_store_fail", "{service: objects, region: us-east}", lab_stack(), hosts),
            "does not answer well now"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
