#include "probes/clock_offset.h"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "base/random.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

Time runner_at(Duration since) {
  return Time(1000s + since);
}

/// A clock that is `ahead` of the runner's at 1000 s and gains `ppm`.
struct AgentClock {
  Duration ahead{};
  double ppm = 0;

  Duration offset_at(Time runners) const {
    return ahead + from_seconds(to_seconds(runners - runner_at(0s)) * ppm * 1e-6);
  }
  Time at(Time runners) const { return runners + offset_at(runners); }
};

ClockOffset::Exchange exchange(
    const AgentClock& clock, Time sent, Duration there, Duration thinks, Duration back) {
  return {
      sent, clock.at(sent + there), clock.at(sent + there + thinks), sent + there + thinks + back};
}

Duration error_of(const ClockOffset::Estimate& estimate, const AgentClock& clock, Time runners) {
  return std::chrono::abs(estimate.offset - clock.offset_at(runners));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_offset)

BOOST_AUTO_TEST_CASE(before_the_first_exchange_nothing_is_known) {
  const ClockOffset offset;
  BOOST_TEST(!offset.latest().has_value());
  BOOST_TEST(!offset.at(runner_at(0s)).has_value());
}

BOOST_AUTO_TEST_CASE(one_exchange_bounds_the_offset_by_half_of_the_way_there_and_back) {
  const AgentClock clock{90min, 0};
  ClockOffset offset;
  offset.add(exchange(clock, runner_at(0s), 3ms, 50ms, 1ms));
  const auto estimate = offset.latest();
  BOOST_REQUIRE(estimate.has_value());
  BOOST_CHECK(estimate->offset == 90min + 1ms);
  BOOST_CHECK(estimate->bound >= 2ms);
  BOOST_CHECK(estimate->bound <= 2ms + 100us);
}

BOOST_AUTO_TEST_CASE(a_way_that_is_long_in_one_direction_only_never_escapes_the_bound) {
  const AgentClock clock{-7s, 0};
  ClockOffset offset;
  offset.add(exchange(clock, runner_at(0s), 80ms, 0s, 0s));
  const auto estimate = offset.latest();
  BOOST_CHECK(error_of(*estimate, clock, runner_at(80ms)) == 40ms);
  BOOST_CHECK(estimate->bound >= 40ms);
}

BOOST_AUTO_TEST_CASE(exchanges_that_were_slow_in_opposite_directions_narrow_it) {
  const AgentClock clock{5s, 0};
  ClockOffset offset;
  offset.add(exchange(clock, runner_at(0s), 20ms, 0s, 1ms));
  offset.add(exchange(clock, runner_at(100ms), 1ms, 0s, 20ms));
  BOOST_CHECK(offset.latest()->bound < 2ms);
}

BOOST_AUTO_TEST_CASE(the_true_offset_lies_within_the_bound_whatever_ways_and_drift) {
  Random random(7);
  int held = 0;
  constexpr int kClocks = 50;
  constexpr int kExchanges = 200;
  for (int i = 0; i < kClocks; ++i) {
    const AgentClock clock{from_seconds(random.exponential(100)), 400 * std::sin(i)};
    ClockOffset offset;
    for (int k = 0; k < kExchanges; ++k) {
      const Time sent = runner_at(250ms * k);
      const auto one = exchange(clock,
                                sent,
                                from_seconds(random.exponential(0.004)),
                                from_seconds(random.exponential(0.0001)),
                                from_seconds(random.exponential(0.02)));
      offset.add(one);
      // Until the next one is heard, this one has to hold.
      const Time later = one.heard + 200ms;
      const auto estimate = offset.at(clock.at(later));
      if (error_of(*estimate, clock, later) <= estimate->bound) ++held;
    }
    BOOST_TEST(offset.steps() == 0);
  }
  BOOST_TEST(held == kClocks * kExchanges);
}

BOOST_AUTO_TEST_CASE(an_instant_in_the_past_is_told_by_what_was_known_then) {
  const AgentClock slow{1s, -300};
  ClockOffset offset;
  for (int k = 0; k < 400; ++k) offset.add(exchange(slow, runner_at(250ms * k), 100us, 0s, 100us));
  const Time early = runner_at(10s);
  const auto estimate = offset.at(slow.at(early));
  BOOST_CHECK(error_of(*estimate, slow, early) <= estimate->bound);
  BOOST_CHECK(estimate->bound < 1ms);
  BOOST_CHECK(offset.latest()->offset < estimate->offset);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_is_noticed_and_believed_from_then_on) {
  ClockOffset offset;
  offset.add(exchange({0s, 0}, runner_at(0s), 1ms, 0s, 1ms));
  const AgentClock set{2s, 0};
  offset.add(exchange(set, runner_at(1s), 1ms, 0s, 1ms));
  BOOST_TEST(offset.steps() == 1);
  BOOST_CHECK(error_of(*offset.latest(), set, runner_at(1s)) <= offset.latest()->bound);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
