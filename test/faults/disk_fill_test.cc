#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(disk_fill)

BOOST_AUTO_TEST_CASE(the_plan_for_a_database) {
  check_golden_plan("disk_fill",
                    lab_plan("disk_fill", "{host: db-us, path: /run/lab/postgres, leave: 64KiB}"));
}

BOOST_AUTO_TEST_CASE(a_path_is_absolute) {
  BOOST_TEST(holds(lab_refusal("disk_fill", "{host: db-us, path: data}"), "no absolute path"));
}

BOOST_AUTO_TEST_CASE(a_protected_path_is_left_alone) {
  Stack stack = lab_stack();
  stack.protections.push_back({Protection::Kind::Path, "/var/lib"});
  FakeHosts hosts;
  BOOST_TEST(holds(
      refusal("disk_fill", "{host: db-us, path: /var/lib}", stack, answer_like_the_lab(hosts)),
      "protected"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
