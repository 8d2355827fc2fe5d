#include "runner/serve/rate_limit.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

namespace {

Time at(double seconds) {
  return Time(from_seconds(seconds));
}

/// How many of `most` are taken at once.
int taken(RateLimiter& limiter, const std::string& key, Time now, int most = 1000) {
  int count = 0;
  while (count < most && !limiter.take(key, 1, now)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limit)

BOOST_AUTO_TEST_CASE(a_minutes_worth_may_come_at_once_and_then_as_it_fills) {
  RateLimiter limiter(60);
  BOOST_TEST(taken(limiter, "a", at(0)) == 60);
  BOOST_TEST(taken(limiter, "a", at(0.5)) == 0);
  BOOST_TEST(taken(limiter, "a", at(10)) == 10);
  BOOST_TEST(taken(limiter, "a", at(10'000)) == 60);
}

BOOST_AUTO_TEST_CASE(it_says_how_long_to_wait_and_then_there_is_enough) {
  RateLimiter limiter(60);
  taken(limiter, "a", at(0));
  const auto wait = limiter.take("a", 20, at(0));
  BOOST_REQUIRE(wait.has_value());
  BOOST_TEST(to_seconds(*wait) == 20.0, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(limiter.take("a", 20, at(19.9)).has_value());
  BOOST_TEST(!limiter.take("a", 20, at(20.1)).has_value());
}

BOOST_AUTO_TEST_CASE(one_does_not_pay_for_another) {
  RateLimiter limiter(60);
  taken(limiter, "a", at(0));
  BOOST_TEST(taken(limiter, "b", at(0)) == 60);
}

BOOST_AUTO_TEST_CASE(what_costs_more_than_a_minute_costs_a_minute) {
  RateLimiter limiter(10);
  BOOST_TEST(!limiter.take("a", 20, at(0)).has_value());
  BOOST_TEST(limiter.take("a", 20, at(59)).has_value());
  BOOST_TEST(!limiter.take("a", 20, at(60.1)).has_value());
}

BOOST_AUTO_TEST_CASE(of_many_strangers_only_the_latest_are_remembered) {
  RateLimiter limiter(60, 10);
  taken(limiter, "busy", at(0));
  for (int i = 0; i < 1000; ++i) {
    taken(limiter, "stranger " + std::to_string(i), at(0), 1);
    BOOST_TEST(taken(limiter, "busy", at(0)) == 0);  // who keeps asking is not forgotten
  }
  BOOST_TEST(limiter.size() == 10U);
  BOOST_TEST(taken(limiter, "stranger 0", at(0)) == 60);
}

BOOST_AUTO_TEST_CASE(a_host_does_not_get_more_by_changing_its_ipv6_address) {
  BOOST_TEST(address_key("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  BOOST_TEST(address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9"));
  BOOST_TEST(address_key("2001:db8:1:3::1") != address_key("2001:db8:1:2::1"));
  BOOST_TEST(address_key("192.0.2.7") == "192.0.2.7");
}

BOOST_AUTO_TEST_SUITE_END()
