// An agent on another machine, whose clock stands elsewhere: here in a time namespace, so that the
// true offset is known to the nanosecond.
#include <boost/test/unit_test.hpp>

#include "test/base/loop.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr Duration kAhead = 5400s;

std::vector<std::string> elsewhere(std::vector<std::string> program) {
  std::vector<std::string> argv = {
      "unshare", "--time", "--monotonic", "5400", "--fork", "--kill-child", "--"};
  argv.insert(argv.end(), program.begin(), program.end());
  return argv;
}

Task<> try_one(bool& works) {
  LocalHosts hosts;
  Command probe;
  probe.argv = elsewhere({"true"});
  const CommandResult result = co_await hosts.host("here").try_run(std::move(probe));
  works = result.ok();
}

/// Time namespaces need a right that not every machine gives.
struct NeedsTimeNamespaces {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    bool works = false;
    run_task(try_one(works));
    return works;
  }
};

Task<> told_on_the_runners_clock() {
  auto executor = co_await boost::asio::this_coro::executor;
  SystemClock clock;
  std::vector<Time> arrivals;
  SimHttpServer server(executor, [&](const SimRequest&) {
    arrivals.push_back(clock.now());
    return SimAnswer{};
  });
  Collector collector;
  const Time began = clock.now();
  const AgentTask task = task_of({http_item("page", server.url("/"), 200)});
  std::vector<std::string> program = elsewhere(agent_program());
  Task<> length = wait(1s);
  const AgentHealth health =
      co_await measure_until(task, std::move(length), collector, std::move(program));
  const Time ended = clock.now();
  co_await server.stop();

  BOOST_TEST(health.died == "");
  BOOST_TEST(health.clock_steps == 0);
  BOOST_TEST(health.clock_bound.count() > 0);
  BOOST_CHECK(std::chrono::abs(health.clock_offset - kAhead) <= health.clock_bound);

  std::vector<Sample> samples = collector.of("page");
  BOOST_TEST_REQUIRE(samples.size() >= 150U);
  BOOST_TEST_REQUIRE(arrivals.size() == samples.size() + 1);  // its user warms up once
  std::size_t outside = 0;
  for (const Sample& sample : samples) {
    const bool in_the_run = sample.due >= began && sample.done <= ended;
    if (!in_the_run || sample.done < sample.sent || sample.sent < sample.due) ++outside;
  }
  BOOST_TEST(outside == 0U);
  // Where the machine is busy one request overtakes another: the first to arrive was not sent
  // after the first to be sent, and so on.
  const auto out_of_place = [&](Time Sample::*instant, Duration before, Duration after) {
    std::ranges::sort(samples, {}, instant);
    std::size_t count = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Duration apart = arrivals[i + 1] - samples[i].*instant;
      if (apart < before || apart > after) ++count;
    }
    return count;
  };
  BOOST_TEST(out_of_place(&Sample::sent, -health.clock_bound, Duration::max()) == 0U);
  BOOST_TEST(out_of_place(&Sample::done, Duration::min(), health.clock_bound) == 0U);
}

Task<> one_clock_here() {
  auto executor = co_await boost::asio::this_coro::executor;
  SimHttpServer server(executor, [](const SimRequest&) { return SimAnswer{}; });
  Collector collector;
  const AgentTask task = task_of({http_item("page", server.url("/"), 50)});
  const AgentHealth health = co_await measure(task, 300ms, collector);
  co_await server.stop();
  BOOST_TEST(health.clock_bound.count() == 0);
  BOOST_TEST(health.clock_offset.count() == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(other_clock)

BOOST_AUTO_TEST_CASE(what_an_agent_with_another_clock_saw_is_told_on_the_runners,
                     *boost::unit_test::precondition(NeedsTimeNamespaces())) {
  run_task(told_on_the_runners_clock());
}

BOOST_AUTO_TEST_CASE(an_agent_of_this_machine_has_the_same_clock_and_no_doubt) {
  run_task(one_clock_here());
}

BOOST_AUTO_TEST_SUITE_END()
