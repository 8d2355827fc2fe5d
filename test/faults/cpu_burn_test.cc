#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(cpu_burn)

BOOST_AUTO_TEST_CASE(the_plan_for_a_host) {
  check_golden_plan("cpu_burn", lab_plan("cpu_burn", "{host: app1-us, share: 90%}"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
