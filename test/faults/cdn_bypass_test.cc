#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(cdn_bypass)

BOOST_AUTO_TEST_CASE(the_plan_for_an_edge) {
  check_golden_plan("cdn_bypass", lab_plan("cdn_bypass", "{service: edge, region: us-east}"));
}

BOOST_AUTO_TEST_CASE(only_a_cache_that_can_be_told_to_is_bypassed) {
  BOOST_TEST(holds(lab_refusal("cdn_bypass", "{service: balancer, region: us-east}"),
                   "of kind process, not cdn"));
  BOOST_TEST(holds(lab_refusal("cdn_bypass", "{service: tag_cache, region: us-east}"),
                   "no `bypass_file`"));
}

BOOST_AUTO_TEST_CASE(a_cache_that_is_bypassed_already_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("edge-us", "/article/1", "BYPASS");
  BOOST_TEST(holds(refusal("cdn_bypass", "{service: edge, region: us-east}", lab_stack(), hosts),
                   "edge on edge-us answers 'BYPASS' before the fault"));
}

BOOST_AUTO_TEST_CASE(a_cache_that_does_not_answer_could_not_be_seen_to_answer_again) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).fails("edge-us", "/article/1", "curl: (7) Failed to connect");
  BOOST_TEST(holds(refusal("cdn_bypass", "{service: edge, region: us-east}", lab_stack(), hosts),
                   "edge on edge-us does not answer well now: curl: (7)"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
