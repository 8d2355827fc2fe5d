#include <algorithm>
#include <csignal>
#include <set>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/text.h"
#include "probes/agent_protocol.h"
#include "test/base/loop.h"
#include "test/probes/sim_dns_server.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

/// Whether the dues of the samples are exactly `start + n * period`, each once, without a gap.
bool complete_grid(std::vector<Sample> samples, Duration period) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
    return a.due < b.due;
  });
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (samples[i].due - samples[i - 1].due != period) return false;
  }
  return !samples.empty();
}

std::size_t count(const std::vector<Sample>& samples, Outcome outcome) {
  return static_cast<std::size_t>(std::count_if(
      samples.begin(), samples.end(), [&](const Sample& s) { return s.outcome == outcome; }));
}

SimAnswer served_by(std::string region) {
  SimAnswer answer;
  answer.body = "<article>";
  answer.headers = {"x-region: " + region};
  return answer;
}

Task<> every_request_once() {
  auto executor = co_await asio::this_coro::executor;
  std::size_t requests = 0;
  SimHttpServer server(executor, [&](const SimRequest&) {
    ++requests;
    return served_by("eu-west");
  });
  AgentTask::Item item = http_item("readers", server.url("/"), 400);
  item.clients = 5;
  item.params["served_by"] = json::object{{"header", "x-region"}};
  item.params["expect"] = json::object{{"body_contains", "<article"}};
  Collector collector;
  const AgentTask task = task_of({item});
  const AgentHealth health = co_await measure(task, 1s, collector);
  co_await server.stop();

  const auto& samples = collector.of("readers");
  BOOST_TEST(health.died == "");
  BOOST_TEST(health.due == samples.size());
  BOOST_TEST(health.sent == samples.size());
  BOOST_TEST(health.not_sent == 0U);
  BOOST_TEST(samples.size() >= 400U);
  BOOST_TEST(complete_grid(samples, 2500us));
  BOOST_TEST(count(samples, Outcome::Good) == samples.size());
  BOOST_TEST(requests == samples.size() + 5);  // each user warms up once
  std::array<std::size_t, 5> by_client{};
  for (const Sample& sample : samples) {
    ++by_client.at(sample.client);
    BOOST_TEST(sample.status == 200);
    BOOST_TEST(collector.texts.at(sample.text) == "eu-west");
    BOOST_TEST((sample.due <= sample.sent && sample.sent <= sample.done));
  }
  for (const std::size_t each : by_client) BOOST_TEST(each >= samples.size() / 5);
}

Task<> outcomes_apart() {
  auto executor = co_await asio::this_coro::executor;
  SimHttpServer server(executor, [](const SimRequest& request) {
    SimAnswer answer = served_by("us-east");
    if (request.target == "/unavailable") answer.status = 503;
    if (request.target == "/reset") answer.way = SimAnswer::Way::Reset;
    if (request.target == "/silence") answer.way = SimAnswer::Way::Silence;
    return answer;
  });
  SimDnsServer dns(executor, [](const std::string&) { return SimDnsAnswer{}; });
  unsigned short closed_port = 0;
  {
    asio::ip::tcp::acceptor nobody(executor, {asio::ip::address_v4::loopback(), 0});
    closed_port = nobody.local_endpoint().port();
  }
  std::vector<AgentTask::Item> items = {
      http_item("good", server.url("/"), 20),
      http_item("refused", fmt::format("http://127.0.0.1:{}/", closed_port), 20),
      http_item("reset", server.url("/reset"), 20),
      http_item("timeout", server.url("/silence"), 20),
      http_item("http-error", server.url("/unavailable"), 20),
      http_item("wrong-body", server.url("/"), 20),
      http_item("dns", "http://nowhere.test/", 20),
  };
  items[3].params["timeout"] = Duration(500ms).count();
  items[5].params["expect"] = json::object{{"body_contains", "<video"}};
  items[6].resolver = dns.address();
  Collector collector;
  const AgentTask task = task_of(items);
  const AgentHealth health = co_await measure(task, 500ms, collector);
  co_await server.stop();
  co_await dns.stop();

  std::size_t all = 0;
  for (const AgentTask::Item& item : items) {
    const auto& samples = collector.of(item.probe);
    const Outcome wanted = item.probe == "good" ? Outcome::Good : outcome_from(item.probe);
    BOOST_TEST(complete_grid(samples, 50ms), item.probe);
    BOOST_TEST(count(samples, wanted) == samples.size(), item.probe);
    all += samples.size();
  }
  BOOST_TEST(all == health.due);
}

Task<> users_move_when_their_answer_expires() {
  auto executor = co_await asio::this_coro::executor;
  SystemClock clock;
  std::optional<Time> moved;  // once the old region has served for a while
  std::size_t served_by_old = 0;
  SimHttpServer old_region(executor, [&](const SimRequest&) {
    if (++served_by_old == 200) moved = clock.now();
    return served_by("old");
  });
  SimHttpServer new_region(
      executor, [](const SimRequest&) { return served_by("new"); }, "127.0.0.2", old_region.port());
  SimDnsServer dns(executor, [&](const std::string&) {
    return SimDnsAnswer{moved ? "127.0.0.2" : "127.0.0.1", 1, false};
  });
  AgentTask::Item item =
      http_item("readers", fmt::format("http://www.novvista.test:{}/", old_region.port()), 200);
  item.clients = 4;
  item.resolver = dns.address();
  item.params["served_by"] = json::object{{"header", "x-region"}};
  Collector collector;
  const auto all_have_moved = [&collector] {
    std::set<std::uint32_t> there;
    for (const Sample& sample : collector.of("readers"))
      if (collector.texts.at(sample.text) == "new") there.insert(sample.client);
    return there.size() == 4;
  };
  const AgentTask task = task_of({item});
  const Time began = clock.now();
  Task<> moving = wait_until(all_have_moved);
  co_await measure_until(task, std::move(moving), collector);
  const double seconds = to_seconds(clock.now() - began);
  co_await old_region.stop();
  co_await new_region.stop();
  co_await dns.stop();

  BOOST_REQUIRE(moved.has_value());
  std::vector<Sample> samples = collector.of("readers");
  BOOST_TEST(count(samples, Outcome::Good) == samples.size());
  // As they went their ways: on a busy machine an answer may come before that to an earlier one.
  std::ranges::sort(samples, {}, &Sample::sent);
  std::map<std::uint32_t, std::set<std::string>> seen;
  for (const Sample& sample : samples) {
    const std::string region = collector.texts.at(sample.text);
    // Nobody goes back once there, and nobody moves before the name did.
    BOOST_TEST(!(region == "old" && seen[sample.client].count("new") > 0));
    BOOST_TEST((region == "old" || sample.done >= *moved));
    seen[sample.client].insert(region);
  }
  BOOST_TEST(seen.size() == 4U);
  for (const auto& [client, regions] : seen) BOOST_TEST(regions.size() == 2U);
  // Each user asks for himself, at most once in each second (TTL), and not for every request. A
  // question that is not answered soon is asked twice.
  BOOST_TEST(dns.asked() >= 2 * 4U);
  BOOST_TEST(static_cast<double>(dns.asked()) <= 2 * 4 * (seconds + 1));
}

Task<> secret_sent_but_never_told() {
  const std::string token = "token-of-a-test-7";
  ::setenv("MUSTER_TEST_AGENT_TOKEN", token.c_str(), 1);
  auto executor = co_await asio::this_coro::executor;
  std::set<std::string> received;
  SimHttpServer server(executor, [&](const SimRequest& request) {
    received.insert(request.body);
    return served_by("you said " + request.body);
  });
  AgentTask::Item item = http_item("writers", server.url("/"), 50);
  item.params["method"] = "POST";
  item.params["body"] = "${secret:env:MUSTER_TEST_AGENT_TOKEN}";
  item.params["served_by"] = json::object{{"header", "x-region"}};
  Collector collector;
  const AgentTask task = task_of({item});
  const AgentHealth health = co_await measure(task, 300ms, collector);
  co_await server.stop();
  BOOST_TEST(health.died == "");
  BOOST_TEST(received == std::set<std::string>{token}, boost::test_tools::per_element());
  const std::vector<std::string> told = {"", "you said [secret]"};
  BOOST_TEST(collector.texts == told, boost::test_tools::per_element());
}

Task<> agent_ends_with_its_input() {
  const auto here = make_host("here", "this machine", {});
  auto channel = co_await here->open(agent_program());
  const AgentTask task = task_of({http_item("readers", "http://127.0.0.1:9/", 10)});
  const std::string frame = encode_frame(AgentFrameType::Task, compact_json(task_to_json(task)));
  co_await channel->write(frame);
  const std::string hello = co_await channel->read();
  BOOST_TEST(!hello.empty());
  channel->close_input();
  const int code = co_await channel->wait();
  BOOST_TEST(code == 0);
}

Task<> launch_with(std::vector<std::string> program, AgentTask task) {
  SystemClock clock;
  LocalHosts hosts;
  auto agents = make_agents(hosts, clock, std::move(program));
  co_await agents->launch(std::move(task));
}

/// Ends every program this test has started: the agent.
void kill_children() {
  for (const std::string& pid : split(read_file("/proc/thread-self/children"), ' ')) {
    if (!trim(pid).empty()) ::kill(std::stoi(pid), SIGKILL);
  }
}

Task<> agent_killed_in_mid_run(AgentHealth& health) {
  ::signal(SIGPIPE, SIG_IGN);  // as every program does that talks to agents
  SystemClock clock;
  LocalHosts hosts;
  auto agents = make_agents(hosts, clock, agent_program());
  AgentTask task = task_of({http_item("readers", "http://127.0.0.1:9/", 100)});
  auto agent = co_await agents->launch(std::move(task));
  co_await agent->start(clock.now());
  Collector collector;
  collector.on_samples = [](std::string_view, std::string_view, const std::vector<Sample>&) {
    kill_children();
  };
  co_await agent->pump(collector);
  co_await agent->stop();
  BOOST_TEST(!collector.of("readers").empty());
  health = agent->health();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(agent)

BOOST_AUTO_TEST_CASE(a_secret_goes_to_the_server_and_to_nobody_else) {
  run_task(secret_sent_but_never_told());
}

BOOST_AUTO_TEST_CASE(every_due_request_appears_exactly_once) {
  run_task(every_request_once());
}

BOOST_AUTO_TEST_CASE(each_way_to_fail_has_its_own_outcome) {
  run_task(outcomes_apart());
}

BOOST_AUTO_TEST_CASE(each_user_moves_to_the_new_address_when_his_own_answer_expires) {
  run_task(users_move_when_their_answer_expires());
}

BOOST_AUTO_TEST_CASE(an_agent_whose_input_ends_ends_itself) {
  run_task(agent_ends_with_its_input());
}

BOOST_AUTO_TEST_CASE(an_agent_that_was_killed_is_dead_and_not_silent) {
  AgentHealth health;
  run_task(agent_killed_in_mid_run(health));
  BOOST_TEST(health.died.find("ended before its time") != std::string::npos, health.died);
}

BOOST_AUTO_TEST_CASE(an_agent_that_cannot_take_its_task_says_why) {
  AgentTask task = task_of({http_item("readers", "gopher://old/", 10)});
  BOOST_CHECK_EXCEPTION(
      run_task(launch_with(agent_program(), task)), Error, [](const Error& error) {
        return std::string_view(error.what()).find("neither http nor https") !=
               std::string_view::npos;
      });
}

BOOST_AUTO_TEST_CASE(a_program_that_is_no_agent_is_an_error_of_its_vantage) {
  const AgentTask task = task_of({http_item("readers", "http://127.0.0.1:9/", 10)});
  BOOST_CHECK_THROW(run_task(launch_with({"true"}, task)), Error);
}

BOOST_AUTO_TEST_SUITE_END()
