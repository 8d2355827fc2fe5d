// denylist against real servers: two applications of the lab, each with a Redis of its own, the
// second a replica of the first.
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "probes/probe.h"
#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/probes/sim_http_server.h"
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

std::string local(unsigned short port) {
  return fmt::format("127.0.0.1:{}", port);
}

/// Two regions: tokens are revoked at the primary in us-east, eu-west reads a replica.
class Regions {
 public:
  Task<> start() {
    std::vector<std::string> replica = {"--replicaof", "127.0.0.1", std::to_string(redis_us_port)};
    std::vector<std::string> primary;
    co_await start_redis(redis_us_, redis_us_port, std::move(primary));
    co_await start_redis(redis_eu_, redis_eu_port, std::move(replica));
    co_await start_app(app_us_, app_us_port, redis_us_port);
    co_await start_app(app_eu_, app_eu_port, redis_eu_port);
  }

  Task<> stop() {
    for (RealServer* server : {&app_us_, &app_eu_, &redis_us_, &redis_eu_}) co_await server->stop();
  }

  /// One command to the replica.
  Task<> tell_replica(std::vector<std::string> words) {
    std::vector<std::string> argv = {"redis-cli", "-p", std::to_string(redis_eu_port)};
    argv.insert(argv.end(), words.begin(), words.end());
    Command command{argv, {}, 10s};
    co_await here_->run(std::move(command));
  }

  std::string us(const std::string& path) const { return "http://" + local(app_us_port) + path; }
  std::string eu(const std::string& path) const { return "http://" + local(app_eu_port) + path; }

 private:
  Task<> start_redis(RealServer& server, unsigned short port, std::vector<std::string> more) {
    std::vector<std::string> argv = {kRedis.string(),
                                     "--port",
                                     std::to_string(port),
                                     "--bind",
                                     "127.0.0.1",
                                     "--save",
                                     "",
                                     "--appendonly",
                                     "no",
                                     "--dir",
                                     folder_.path().string(),
                                     "--repl-diskless-sync-delay",
                                     "0"};
    argv.insert(argv.end(), more.begin(), more.end());
    co_await server.start(*here_, std::move(argv), port);
  }

  Task<> start_app(RealServer& server, unsigned short port, unsigned short reads) {
    std::vector<std::string> argv = {(program_directory() / "muster-lab-app").string(),
                                     "--port",
                                     std::to_string(port),
                                     "--redis-read",
                                     local(reads),
                                     "--redis-write",
                                     local(redis_us_port)};
    co_await server.start(*here_, std::move(argv), port);
  }

  const ScratchFolder folder_;
  const std::unique_ptr<Host> here_ = make_host("here", "this machine", {});
  RealServer redis_us_, redis_eu_, app_us_, app_eu_;

 public:
  const unsigned short redis_us_port = free_port();
  const unsigned short redis_eu_port = free_port();
  const unsigned short app_us_port = free_port();
  const unsigned short app_eu_port = free_port();
};

constexpr std::int64_t kSecond = 1'000'000'000;

json::object call(const std::string& url) {
  return {{"url", url}, {"method", "POST"}, {"timeout", 3 * kSecond}};
}

AgentTask::Item denylist_item(const std::string& login,
                              const std::string& revoke,
                              json::object check) {
  AgentTask::Item item;
  item.probe = "revocations";
  item.kind = "denylist";
  item.rate = 10;
  json::object log_in = call(login);
  log_in["token"] = "/token";
  item.params = {{"login", log_in},
                 {"revoke", call(revoke)},
                 {"check", std::move(check)},
                 {"timeout", 3 * kSecond},
                 {"give_up", kSecond}};
  return item;
}

std::size_t count_of(Collector& collector,
                     SampleKind kind,
                     const std::string& place,
                     Outcome outcome) {
  std::size_t count = 0;
  for (const Sample& sample : collector.of("revocations")) {
    count +=
        sample.kind == kind && sample.outcome == outcome && collector.texts.at(sample.text) == place
            ? 1
            : 0;
  }
  return count;
}

/// Waits, not for ever, until there are `count` such samples.
Task<> until(
    Collector& collector, SampleKind kind, std::string place, Outcome outcome, std::size_t count) {
  SystemClock clock;
  for (int i = 0; i < 3000 && count_of(collector, kind, place, outcome) < count; ++i)
    co_await clock.sleep_for(10ms);
}

/// First all is well; then the replica hears of nothing any more; then it forgets all it knew.
Task<> cut_and_forget(Regions& regions, Collector& collector) {
  co_await until(collector, SampleKind::ReadBack, "eu-west", Outcome::Good, 3);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "eu-west", Outcome::Timeout) == 0U);
  std::vector<std::string> alone = {"replicaof", "no", "one"};
  co_await regions.tell_replica(std::move(alone));
  co_await until(collector, SampleKind::Gauge, "eu-west", Outcome::Timeout, 3);
  BOOST_TEST(count_of(collector, SampleKind::ReadBack, "eu-west", Outcome::WrongBody) == 0U);
  std::vector<std::string> forget = {"flushall"};
  co_await regions.tell_replica(std::move(forget));
  co_await until(collector, SampleKind::ReadBack, "eu-west", Outcome::WrongBody, 3);
}

Task<> two_regions(Collector& collector) {
  Regions regions;
  co_await regions.start();
  const AgentTask task =
      task_of({denylist_item(regions.us("/login"),
                             regions.us("/logout"),
                             {{"us-east", regions.us("/me")}, {"eu-west", regions.eu("/me")}})});
  Task<> happening = cut_and_forget(regions, collector);
  const AgentHealth health = co_await measure_until(task, std::move(happening), collector);
  co_await regions.stop();
  BOOST_TEST(health.died == "");
}

void check_bracket(const Sample& shown) {
  const double bracket = to_seconds(shown.done - shown.sent);
  BOOST_TEST(shown.value >= 0);
  BOOST_TEST(bracket >= 0);
  BOOST_TEST(bracket <= shown.value + 1e-5);  // it begins with the acknowledgement at the earliest
}

/// A server that says of itself what the places are: one that lets everybody in, one that lets
/// nobody in, one that is broken, and one that does not exist.
Task<> places_of_all_kinds(Collector& collector) {
  auto executor = co_await boost::asio::this_coro::executor;
  int asked = 0;
  SimHttpServer server(executor, [&](const SimRequest& request) {
    SimAnswer answer;
    if (request.target == "/login") answer.body = R"({"token":"abcdefgh"})";
    if (request.target == "/shut") answer.status = 403;
    if (request.target == "/broken") answer.status = 500;
    if (request.target == "/open") {
      ++asked;
      BOOST_TEST(request.head.find("Authorization: Bearer abcdefgh") != std::string::npos);
    }
    return answer;
  });
  AgentTask::Item item = denylist_item(server.url("/login"),
                                       server.url("/logout"),
                                       {{"open", server.url("/open")},
                                        {"shut", server.url("/shut")},
                                        {"broken", server.url("/broken")},
                                        {"nobody", "http://" + local(free_port()) + "/"}});
  item.rate = 5;
  const AgentTask task = task_of({item});
  const AgentHealth health = co_await measure(task, 600ms, collector);
  co_await server.stop();
  BOOST_TEST(health.died == "");
  BOOST_TEST(health.not_sent == 0U);
  BOOST_TEST(asked > 10);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(denylist)

BOOST_AUTO_TEST_CASE(
    a_replica_that_hears_of_nothing_lets_revoked_tokens_in_and_one_that_forgets_again,
    *boost::unit_test::precondition(RedisIsInstalled())) {
  Collector collector;
  run_task(two_regions(collector));
  BOOST_TEST(count_of(collector, SampleKind::Request, "", Outcome::Good) > 6U);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "eu-west", Outcome::Timeout) >= 3U);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "us-east", Outcome::Timeout) == 0U);
  BOOST_TEST(count_of(collector, SampleKind::ReadBack, "eu-west", Outcome::WrongBody) >= 3U);
  BOOST_TEST(count_of(collector, SampleKind::ReadBack, "us-east", Outcome::WrongBody) == 0U);
  for (const Sample& sample : collector.of("revocations")) {
    if (sample.kind != SampleKind::Gauge) continue;
    if (sample.outcome == Outcome::Good) check_bracket(sample);
    // It is known until shortly before the looking ended, a second after the acknowledgement.
    if (sample.outcome == Outcome::Timeout) BOOST_TEST((sample.value > 0 && sample.value <= 1));
  }
}

BOOST_AUTO_TEST_CASE(
    what_refused_before_what_cannot_be_asked_and_what_never_refuses_are_told_apart) {
  Collector collector;
  run_task(places_of_all_kinds(collector));
  const std::size_t rounds = count_of(collector, SampleKind::Request, "", Outcome::Good);
  BOOST_TEST(rounds >= 3U);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "open", Outcome::Timeout) == rounds);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "shut", Outcome::WrongBody) == rounds);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "broken", Outcome::Unreachable) == rounds);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "nobody", Outcome::Unreachable) == rounds);
}

BOOST_AUTO_TEST_CASE(what_an_agent_could_not_do_is_said_before_the_drill) {
  const auto complaint = [](std::string key, json::value value) {
    ProbeSpec spec;
    spec.name = "revocations";
    spec.kind = "denylist";
    const std::string url = "http://api.example.test/x";
    json::object params = denylist_item(url, url, {{"here", url}}).params;
    params[key] = std::move(value);
    spec.params = Params(std::move(params));
    Stack stack;
    Vantage vantage;
    vantage.name = vantage.host = "me";
    stack.vantages.push_back(vantage);
    try {
      probe_kind("denylist")->places(spec, stack);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  BOOST_TEST(complaint("give_up", kSecond) == "nothing");
  BOOST_TEST(complaint("check", json::object{}) ==
             "'check' names no place; write  check: {us-east: http://host/path}");
  BOOST_TEST(complaint("check", json::object{{"here", "nowhere"}}) ==
             "'nowhere' is not a URL; write http://host/path");
  BOOST_TEST(complaint("headers", json::object{{"X-User", "me"}}) ==
             "probe 'revocations': nothing it asks of here holds {token}; write it into 'headers'");
  json::object login = call("http://api.example.test/login");
  login["token"] = "token";
  BOOST_TEST(
      complaint("login", login) ==
      "probe 'revocations': 'token' is a JSON pointer into the login's answer; write  token: "
      "/token");
}

BOOST_AUTO_TEST_SUITE_END()
