// redis_lag against a real primary and a real replica.
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "probes/probe.h"
#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kRedis = "/usr/bin/redis-server";

struct RedisIsInstalled {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    return std::filesystem::exists(kRedis);
  }
};

AgentTask::Item lag_item(std::string probe, unsigned short port) {
  AgentTask::Item item;
  item.probe = std::move(probe);
  item.kind = "redis_lag";
  item.rate = 20;
  item.params = {{"service", "cache"}, {"timeout", 3'000'000'000}, {"port", port}};
  return item;
}

std::vector<std::string> server(unsigned short port, const ScratchFolder& folder) {
  return {kRedis.string(),
          "--port",
          std::to_string(port),
          "--bind",
          "127.0.0.1",
          "--save",
          "",
          "--dir",
          folder.path().string(),
          "--repl-diskless-sync-delay",
          "0"};
}

/// Waits, not for ever, until the newest sample of `probe` is as wanted.
template <class Wanted>
Task<> until(Collector& collector, std::string probe, Wanted wanted) {
  SystemClock clock;
  for (int i = 0; i < 2000; ++i) {
    const std::vector<Sample>& samples = collector.of(probe);
    if (!samples.empty() && wanted(samples.back())) co_return;
    co_await clock.sleep_for(10ms);
  }
  BOOST_ERROR("not seen: " + probe);
}

bool linked(const Sample& sample) {
  return sample.outcome == Outcome::Good && sample.status == 1;
}

/// Writes, lets the replica follow, and takes the primary away.
Task<> write_and_stop(Host& here, RealServer& primary, unsigned short port, Collector& collector) {
  co_await until(collector, "replica", linked);
  const double before = collector.of("primary").back().value;
  const std::string text(20'000, 'x');
  Command write = command("redis-cli", "-p", std::to_string(port), "set", "key", text);
  co_await here.run(std::move(write));
  const auto beyond = [&](const Sample& sample) {
    return sample.value > before + 20'000;
  };
  co_await until(collector, "primary", beyond);
  co_await until(collector, "replica", beyond);
  co_await primary.stop();
  const auto alone = [](const Sample& sample) {
    return sample.outcome == Outcome::Good && sample.status == 0;
  };
  const auto gone = [](const Sample& sample) {
    return sample.outcome == Outcome::Refused;
  };
  co_await until(collector, "replica", alone);
  co_await until(collector, "primary", gone);
}

Task<> a_pair(Collector& collector) {
  const ScratchFolder folder;
  const auto here = make_host("here", "this machine", {});
  const unsigned short primary_port = free_port();
  const unsigned short replica_port = free_port();
  RealServer primary;
  RealServer replica;
  std::vector<std::string> one = server(primary_port, folder);
  std::vector<std::string> other = server(replica_port, folder);
  for (const std::string& word : {std::string("--requirepass"),
                                  std::string("not-so-secret"),
                                  std::string("--replicaof"),
                                  std::string("127.0.0.1"),
                                  std::to_string(primary_port)})
    other.push_back(word);
  co_await primary.start(*here, std::move(one), primary_port);
  co_await replica.start(*here, std::move(other), replica_port);
  AgentTask::Item with_password = lag_item("replica", replica_port);
  with_password.params["password"] = "not-so-secret";
  const AgentTask task = task_of({lag_item("primary", primary_port),
                                  with_password,
                                  lag_item("without-password", replica_port)});
  Task<> happening = write_and_stop(*here, primary, primary_port, collector);
  const AgentHealth health = co_await measure_until(task, std::move(happening), collector);
  co_await replica.stop();
  BOOST_TEST(health.died == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_lag)

BOOST_AUTO_TEST_CASE(primary_and_replica_say_how_far_they_are_and_which_they_are,
                     *boost::unit_test::precondition(RedisIsInstalled())) {
  Collector collector;
  run_task(a_pair(collector));
  for (const std::string role : {"primary", "replica"}) {
    for (const Sample& sample : collector.of(role)) {
      BOOST_TEST((sample.kind == SampleKind::Gauge));
      if (sample.outcome == Outcome::Good) BOOST_TEST(collector.texts.at(sample.text) == role);
    }
  }
  BOOST_TEST(!collector.of("without-password").empty());
  for (const Sample& sample : collector.of("without-password"))
    BOOST_TEST((sample.outcome == Outcome::Other));
}

BOOST_AUTO_TEST_CASE(it_runs_on_the_hosts_of_the_service_and_only_of_a_redis) {
  Stack stack;
  StackService cache;
  cache.name = "cache";
  cache.kind = "redis";
  cache.params = Params({{"port", 6379}});
  for (const std::string name : {"cache-us", "cache-eu"}) {
    StackHost host;
    host.name = name;
    stack.hosts.push_back(host);
    cache.hosts.push_back(name);
  }
  stack.services.push_back(cache);
  ProbeSpec spec;
  spec.name = "replication";
  spec.kind = "redis_lag";
  spec.params = Params({{"service", "cache"}});
  const auto places = probe_kind("redis_lag")->places(spec, stack);
  BOOST_REQUIRE(places.size() == 2U);
  BOOST_TEST(places[1].host == "cache-eu");
  BOOST_TEST(integer_at(places[1].params, "port") == 6379);
  stack.services[0].kind = "postgres";
  BOOST_CHECK_EXCEPTION(
      probe_kind("redis_lag")->places(spec, stack), Error, [](const Error& error) {
        return std::string(error.what()) ==
               "probe 'replication': service 'cache' is not of kind redis";
      });
}

BOOST_AUTO_TEST_SUITE_END()
