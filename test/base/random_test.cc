#include "base/random.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(random_)

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_numbers) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i) BOOST_TEST(a.next() == b.next());
}

BOOST_AUTO_TEST_CASE(a_run_id_sorts_by_time_and_is_recognised) {
  Random random(1);
  const std::string early = make_run_id(UtcTime(std::chrono::seconds(1'800'000'000)), random);
  const std::string late = make_run_id(UtcTime(std::chrono::seconds(1'800'000'001)), random);
  BOOST_TEST(early < late);
  BOOST_TEST(is_run_id(early));
}

BOOST_AUTO_TEST_CASE(nothing_else_passes_for_a_run_id) {
  for (const char* text : {"",
                           "..",
                           "../../etc/passwd",
                           "01KA3H6Q9T3V8Y2N5W7B4C6D8",
                           "01ka3h6q9t3v8y2n5w7b4c6d8e",
                           "01KA3H6Q9T3V8Y2N5W7B4C6D/E"}) {
    BOOST_TEST(!is_run_id(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
