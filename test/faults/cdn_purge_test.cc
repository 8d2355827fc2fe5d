#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(cdn_purge)

BOOST_AUTO_TEST_CASE(the_plan_for_one_tag) {
  check_golden_plan("cdn_purge",
                    lab_plan("cdn_purge", "{service: tag_cache, region: us-east, tag: articles}"));
}

BOOST_AUTO_TEST_CASE(a_cache_without_purges_is_refused) {
  BOOST_TEST(holds(lab_refusal("cdn_purge", "{service: edge, region: us-east, tag: articles}"),
                   "no `purge`"));
}

BOOST_AUTO_TEST_CASE(a_cache_that_never_has_the_page_could_not_be_seen_to_lose_it) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("edge-us", ":6081/article/1", "MISS");
  BOOST_TEST(
      holds(refusal("cdn_purge", "{service: tag_cache, host: edge-us, tag: a}", lab_stack(), hosts),
            "tag_cache on edge-us answers 'MISS' before the fault"));
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_guard) {
  BOOST_TEST(
      (lab_plan("cdn_purge", "{service: tag_cache, host: edge-us, tag: a}").changes[0].undo_class ==
       UndoClass::SelfExpiring));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
