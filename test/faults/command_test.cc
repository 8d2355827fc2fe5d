#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {
namespace {

constexpr const char* kMaintenance =
    "{host: lb-us, apply: [touch, /tmp/maintenance], verify: [test, -e, /tmp/maintenance], "
    "undo: [rm, -f, /tmp/maintenance], timeout: 3s}";

}  // namespace

BOOST_AUTO_TEST_SUITE(own_command)

BOOST_AUTO_TEST_CASE(the_plan_runs_the_words_as_they_are_written) {
  check_golden_plan("command", lab_plan("command", kMaintenance));
}

BOOST_AUTO_TEST_CASE(a_command_that_could_not_be_undone_is_a_mistake) {
  BOOST_TEST(holds(lab_refusal("command", "{host: lb-us, apply: [x], verify: [y]}"), "'undo'"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
