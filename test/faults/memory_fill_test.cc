#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(memory_fill)

BOOST_AUTO_TEST_CASE(the_plan_for_a_host) {
  check_golden_plan("memory_fill", lab_plan("memory_fill", "{host: app1-us, size: 256MiB}"));
}

BOOST_AUTO_TEST_CASE(a_size_is_asked_for) {
  BOOST_TEST(holds(lab_refusal("memory_fill", "{host: app1-us}"), "needs"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
