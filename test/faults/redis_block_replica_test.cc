#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(redis_block_replica)

BOOST_AUTO_TEST_CASE(the_plan_for_the_denylist) {
  check_golden_plan("redis_block_replica", lab_plan("redis_block_replica", "{service: cache}"));
}

BOOST_AUTO_TEST_CASE(a_replica_that_does_not_follow_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("cache-eu", "INFO replication", "master_link_status:down\r\n");
  BOOST_TEST(holds(refusal("redis_block_replica", "{service: cache}", lab_stack(), hosts),
                   "does not follow"));
}

BOOST_AUTO_TEST_CASE(only_a_redis_service_will_do) {
  BOOST_TEST(holds(lab_refusal("redis_block_replica", "{service: db}"), "no redis service"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
