#include "probes/pacer.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"

using namespace muster;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(pacer)

BOOST_AUTO_TEST_CASE(the_first_request_of_an_even_grid_is_due_at_the_start) {
  const Pacer pacer = Pacer::even(Time(5s), 100);
  BOOST_TEST((pacer.due() == Time(5s)));
  BOOST_TEST(pacer.number() == 0U);
}

BOOST_AUTO_TEST_CASE(an_even_grid_does_not_drift_even_where_the_period_is_no_whole_number) {
  Pacer pacer = Pacer::even(Time(0s), 3);
  for (int i = 0; i < 3'000'000; ++i) pacer.advance();
  BOOST_TEST(pacer.due().time_since_epoch().count() == 1'000'000'000'000'000);
  BOOST_TEST(pacer.number() == 3'000'000U);
}

BOOST_AUTO_TEST_CASE(neighbours_on_an_even_grid_are_a_period_apart) {
  Pacer pacer = Pacer::even(Time(1s), 1000);
  for (int i = 0; i < 1000; ++i) {
    const Time before = pacer.due();
    pacer.advance();
    BOOST_TEST((pacer.due() - before == 1ms));
  }
}

BOOST_AUTO_TEST_CASE(poisson_arrivals_come_at_the_mean_rate_and_never_backwards) {
  Pacer pacer = Pacer::poisson(Time(0s), 1000, Random(7));
  int short_gaps = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Time before = pacer.due();
    pacer.advance();
    BOOST_REQUIRE(pacer.due() >= before);
    if (pacer.due() - before < 1ms) ++short_gaps;
  }
  const double seconds = to_seconds(pacer.due() - Time(0s));
  BOOST_TEST(seconds > 99.0);
  BOOST_TEST(seconds < 101.0);
  // 1 - 1/e of the gaps of an exponential distribution are shorter than its mean.
  BOOST_TEST(short_gaps > 62'000);
  BOOST_TEST(short_gaps < 64'500);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_arrivals) {
  Pacer one = Pacer::poisson(Time(0s), 50, Random(42));
  Pacer two = Pacer::poisson(Time(0s), 50, Random(42));
  for (int i = 0; i < 100; ++i, one.advance(), two.advance()) BOOST_TEST((one.due() == two.due()));
}

BOOST_AUTO_TEST_CASE(a_rate_of_nothing_is_refused) {
  BOOST_CHECK_THROW(Pacer::even(Time(0s), 0), Error);
  BOOST_CHECK_THROW(Pacer::even(Time(0s), -1), Error);
}

BOOST_AUTO_TEST_SUITE_END()
