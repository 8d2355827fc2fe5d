// The kinds that are asked seldom, through a real agent: tcp, dns, command.
#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "test/base/loop.h"
#include "test/probes/sim_dns_server.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

AgentTask::Item item_of(std::string probe, std::string kind, json::object params) {
  AgentTask::Item item;
  item.probe = std::move(probe);
  item.kind = std::move(kind);
  item.rate = 10;
  if (!params.contains("timeout")) params["timeout"] = kPatience.count();
  item.params = std::move(params);
  return item;
}

constexpr std::int64_t kSoon = 500'000'000;  // for what is never answered

AgentTask::Item command_item(std::string probe, json::array argv, std::string contains) {
  return item_of(std::move(probe),
                 "command",
                 {{"argv", std::move(argv)}, {"exit", 0}, {"contains", contains}});
}

AgentTask::Item hanging() {
  return item_of("command-hangs",
                 "command",
                 {{"argv", {"sleep", "30"}}, {"exit", 0}, {"contains", ""}, {"timeout", kSoon}});
}

void check_all(Collector& collector, const std::string& probe, Outcome outcome) {
  BOOST_TEST(collector.of(probe).size() >= 3U, probe);
  for (const Sample& sample : collector.of(probe)) {
    BOOST_TEST((sample.outcome == outcome), fmt::format("{}: {}", probe, name_of(sample.outcome)));
  }
}

Task<> other_kinds() {
  auto executor = co_await asio::this_coro::executor;
  SimHttpServer server(executor, [](const SimRequest&) { return SimAnswer{}; });
  SimDnsServer dns(executor, [](const std::string& name) {
    if (name == "silent.test") return SimDnsAnswer{"", 0, true};
    return SimDnsAnswer{name == "www.novvista.test" ? "127.0.0.1" : "", 6, false};
  });
  unsigned short closed_port = 0;
  {
    asio::ip::tcp::acceptor nobody(executor, {asio::ip::address_v4::loopback(), 0});
    closed_port = nobody.local_endpoint().port();
  }
  std::vector<AgentTask::Item> items = {
      item_of("tcp-open", "tcp", {{"host", "127.0.0.1"}, {"port", server.port()}}),
      item_of("tcp-name", "tcp", {{"host", "www.novvista.test"}, {"port", server.port()}}),
      item_of("tcp-no-name", "tcp", {{"host", "nowhere.test"}, {"port", server.port()}}),
      item_of("tcp-closed", "tcp", {{"host", "127.0.0.1"}, {"port", closed_port}}),
      item_of("dns-known", "dns", {{"name", "www.novvista.test"}, {"type", "A"}}),
      item_of("dns-unknown", "dns", {{"name", "nowhere.test"}, {"type", "A"}}),
      item_of("dns-silent", "dns", {{"name", "silent.test"}, {"type", "A"}, {"timeout", kSoon}}),
      command_item("command-good", {"echo", "PONG"}, "PONG"),
      command_item("command-words", {"echo", "PING"}, "PONG"),
      command_item("command-exit", {"false"}, ""),
      hanging(),
      command_item("command-missing", {"/no/such/program"}, ""),
  };
  for (AgentTask::Item& item : items) item.resolver = dns.address();
  Collector collector;
  const AgentTask task = task_of(items);
  const AgentHealth health = co_await measure(task, 500ms, collector);
  co_await server.stop();
  co_await dns.stop();

  BOOST_TEST(health.died == "");
  check_all(collector, "tcp-open", Outcome::Good);
  check_all(collector, "tcp-name", Outcome::Good);
  check_all(collector, "tcp-no-name", Outcome::Dns);
  check_all(collector, "tcp-closed", Outcome::Refused);
  check_all(collector, "dns-known", Outcome::Good);
  check_all(collector, "dns-unknown", Outcome::Dns);
  check_all(collector, "dns-silent", Outcome::Timeout);
  check_all(collector, "command-good", Outcome::Good);
  check_all(collector, "command-words", Outcome::WrongBody);
  check_all(collector, "command-exit", Outcome::Other);
  check_all(collector, "command-hangs", Outcome::Timeout);
  check_all(collector, "command-missing", Outcome::Other);
  for (const Sample& sample : collector.of("dns-known")) {
    BOOST_TEST((sample.kind == SampleKind::Signal));
    BOOST_TEST(collector.texts.at(sample.text) == "127.0.0.1");
    BOOST_TEST(sample.value == 6);
  }
  // That there is no such name is an answer; that nobody answers is none.
  for (const Sample& sample : collector.of("dns-unknown")) BOOST_TEST(sample.status == 3);
  for (const Sample& sample : collector.of("dns-silent")) BOOST_TEST(sample.status == 0);
  for (const Sample& sample : collector.of("command-exit")) BOOST_TEST(sample.status == 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(other_probes)

BOOST_AUTO_TEST_CASE(each_kind_tells_its_own_ways_to_be_good_and_bad_apart) {
  run_task(other_kinds());
}

BOOST_AUTO_TEST_SUITE_END()
