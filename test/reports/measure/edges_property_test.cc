// Random streams against a server whose dark window is known to the nanosecond: every reported
// interval holds the truth, and is as narrow as the rate allows.
#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

struct World {
  Duration period = 5ms;        ///< 200 requests a second
  Duration dark_from, dark_to;  ///< the server's own log
  Duration apply_width, undo_width;
  Duration apply_began, undo_began;
  Duration seen;  ///< when the guard saw the server dark
  Outcome how = Outcome::Refused;
};

Duration up_to(Random& random, Duration most) {
  return Duration(
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most.count()))));
}

/// The dark window begins within the apply or a moment after it returned, and ends by itself.
World world_of(Random& random) {
  World world;
  world.apply_width = up_to(random, 1500us) + 1us;
  world.apply_began = 4s + up_to(random, 10ms);
  world.dark_from = world.apply_began + up_to(random, world.apply_width + 1ms);
  world.seen =
      std::max(world.dark_from, world.apply_began + world.apply_width) + up_to(random, 20ms);
  world.dark_to = world.dark_from + 20ms + up_to(random, 3s);
  world.undo_began = 16s;
  world.undo_width = 1us;
  world.how = random.below(2) == 0 ? Outcome::Refused : Outcome::Timeout;
  return world;
}

/// A request is served at an instant between its sending and its end; the server's state then
/// decides.
Sample request_at(Duration due, const World& world, Random& random) {
  Sample sample;
  sample.due = at(due);
  sample.sent = sample.due + up_to(random, 200us);
  const Time served = sample.sent + up_to(random, 400us);
  const bool dark = served >= at(world.dark_from) && served < at(world.dark_to);
  sample.outcome = dark ? world.how : Outcome::Good;
  sample.done =
      dark && world.how == Outcome::Timeout ? sample.sent + 1s : served + up_to(random, 400us);
  return sample;
}

RecordBuilder run_in(const World& world, Random& random) {
  RecordBuilder run = records();
  run.probe("readers", 200);
  const Duration phase = up_to(random, world.period);
  for (Duration due = phase; due < 25s; due += world.period) {
    run.sample("readers", "client-us", request_at(due, world, random));
  }
  run.fault(world.apply_began, world.apply_began + world.apply_width);
  run.record().actions[0].applied->observed = at(world.seen);
  run.undo(world.undo_began, world.undo_began + world.undo_width);
  return run;
}

/// The truth is a bracket as well: the fault took hold somewhere in the apply.
void holds_truth(const Result::Metric& metric,
                 Duration edge,
                 Duration anchor_lo,
                 Duration anchor_hi,
                 Duration most) {
  const double lo = to_seconds(edge - anchor_hi);
  const double hi = to_seconds(edge - anchor_lo);
  BOOST_TEST(*metric.lo <= lo + 1e-6);
  BOOST_TEST(*metric.hi >= hi - 1e-6);
  BOOST_TEST(*metric.value >= *metric.lo);
  BOOST_TEST(*metric.value <= *metric.hi);
  BOOST_TEST(*metric.hi - *metric.lo <= to_seconds(most) + 1e-6);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edges)

BOOST_AUTO_TEST_CASE(the_interval_of_every_milestone_holds_the_truth_and_is_narrow) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Random random(seed);
      const World world = world_of(random);
      const Result result = run_in(world, random).judged();
      const Duration applied = world.apply_began + world.apply_width;
      const Duration most = 2 * world.period + 5ms;
      holds_truth(
          metric(result, "time_to_impact"), world.dark_from, world.apply_began, applied, most);
      const Duration in_force = std::max(applied, world.dark_from);
      holds_truth(
          metric(result, "time_to_failover"), world.dark_to, world.apply_began, in_force, most);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_recovery_interval_holds_the_truth_when_the_undo_brings_the_server_back) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Random random(seed);
      World world = world_of(random);
      world.undo_width = up_to(random, 3ms) + 1us;
      world.dark_to = world.undo_began + up_to(random, 40ms);
      const Result result = run_in(world, random).judged();
      BOOST_TEST(metric(result, "time_to_failover").censored);
      holds_truth(metric(result, "time_to_recover"),
                  world.dark_to,
                  world.undo_began,
                  world.undo_began + world.undo_width,
                  2 * world.period + 5ms);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_unavailable_time_is_within_its_interval) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Random random(seed);
      const World world = world_of(random);
      const Result result = run_in(world, random).judged();
      const double truth = to_seconds(world.dark_to - world.dark_from);
      const auto& unavailable = metric(result, "unavailable_seconds");
      // The instant of service varies by 0.6 ms from request to request.
      BOOST_TEST(*unavailable.lo <= truth + 0.0006);
      BOOST_TEST(*unavailable.hi >= truth - 0.0006);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
