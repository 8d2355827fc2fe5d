// What tells one population of users from another: their connections, and how they keep DNS
// answers.
#include <algorithm>
#include <map>
#include <set>

#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

#include "test/base/loop.h"
#include "test/probes/sim_dns_server.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

Task<std::size_t> connections_of(AgentTask::Item item, std::size_t& requests) {
  auto executor = co_await boost::asio::this_coro::executor;
  SimHttpServer server(executor, [](const SimRequest&) { return SimAnswer{}; });
  item.params["url"] = server.url("/");
  Collector collector;
  const AgentTask task = task_of({item});
  co_await measure(task, 1s, collector);
  const std::size_t connections = server.connections();
  co_await server.stop();
  requests = collector.of(item.probe).size();
  co_return connections;
}

/// More users than the client has multi handles, one request at a time, so that the server sees
/// them in the order in which they were due.
Task<> connections_of_their_own() {
  constexpr std::size_t kUsers = 150;
  auto executor = co_await boost::asio::this_coro::executor;
  std::vector<std::size_t> came_on;
  SimHttpServer server(executor, [&](const SimRequest& request) {
    came_on.push_back(request.connection);
    return SimAnswer{};
  });
  AgentTask::Item item = http_item("page", server.url("/"), 150);
  item.clients = kUsers;
  Collector collector;
  const AgentTask task = task_of({item});
  co_await measure(task, 3s, collector);
  co_await server.stop();

  std::map<std::uint32_t, std::set<std::size_t>> connections;
  const auto& samples = collector.of("page");
  BOOST_TEST_REQUIRE(came_on.size() == samples.size() + kUsers);  // each warms up once
  for (std::size_t i = 0; i < samples.size(); ++i)
    connections[samples[i].client].insert(came_on[kUsers + i]);
  std::set<std::size_t> used;
  std::size_t one_each = 0;
  for (const auto& [user, his] : connections) {
    one_each += his.size() == 1 ? 1 : 0;
    used.insert(his.begin(), his.end());
  }
  BOOST_TEST(connections.size() == kUsers);
  // Where the machine is busy two requests overlap now and then, and two users are mistaken.
  BOOST_TEST(one_each >= kUsers - 15);
  BOOST_TEST(used.size() >= kUsers - 15);
}

void allow_many_connections() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The first of so many users comes back long after all the others have opened a connection.
Task<> connections_of_a_crowd() {
  allow_many_connections();
  auto executor = co_await boost::asio::this_coro::executor;
  SimHttpServer server(executor, [](const SimRequest&) { return SimAnswer{}; });
  AgentTask::Item item = http_item("page", server.url("/"), 300);
  item.clients = 1700;
  Collector collector;
  const AgentTask task = task_of({item});
  co_await measure(task, 1s, collector);
  co_await server.stop();
  const auto& samples = collector.of("page");
  const auto opened =
      std::ranges::count_if(samples, [](const Sample& sample) { return sample.connect_us > 0; });
  BOOST_TEST(samples.size() >= 100U);
  // Where the machine is busy a connection may not be open in time; it was each of them.
  BOOST_TEST(static_cast<std::size_t>(opened) < samples.size() / 2);
}

Task<> one_for_each_request() {
  AgentTask::Item item = http_item("page", "", 100);
  item.clients = 4;
  item.params["connections"] = "fresh";
  std::size_t requests = 0;
  const std::size_t connections = co_await connections_of(item, requests);
  BOOST_TEST(connections == requests + 4);  // each warms up once
}

/// A name that is answered with one address for 300 ms and with another from then on, TTL 0; both
/// are served, and the answers say by which.
Task<> moved(json::object dns_params, std::size_t& from_first, std::size_t& from_second) {
  auto executor = co_await boost::asio::this_coro::executor;
  const auto served_by = [](std::string who) {
    return [who](const SimRequest&) {
      SimAnswer answer;
      answer.headers = {"x-region: " + who};
      return answer;
    };
  };
  SimHttpServer first(executor, served_by("first"), "127.0.0.1");
  SimHttpServer second(executor, served_by("second"), "127.0.0.2", first.port());
  bool has_moved = false;
  SimDnsServer dns(executor, [&](const std::string&) {
    return SimDnsAnswer{has_moved ? "127.0.0.2" : "127.0.0.1", 0};
  });
  AgentTask::Item item = http_item("page", fmt::format("http://www.test:{}/", first.port()), 100);
  item.resolver = dns.address();
  item.params["served_by"] = json::object{{"header", "x-region"}};
  item.params["dns"] = std::move(dns_params);
  Collector collector;
  const auto moving = [&]() -> Task<> {
    co_await wait(300ms);
    has_moved = true;
    co_await wait(700ms);
  };
  const AgentTask task = task_of({item});
  Task<> run = moving();
  co_await measure_until(task, std::move(run), collector);
  co_await first.stop();
  co_await second.stop();
  co_await dns.stop();
  for (const Sample& sample : collector.of("page")) {
    BOOST_TEST((sample.outcome == Outcome::Good));
    ++(collector.texts.at(sample.text) == "first" ? from_first : from_second);
  }
}

std::pair<std::size_t, std::size_t> served(json::object dns) {
  std::size_t first = 0;
  std::size_t second = 0;
  run_task(moved(std::move(dns), first, second));
  return {first, second};
}

/// A name with two addresses, of which the first refuses.
Task<> first_refuses(std::string connections, std::vector<Sample>& samples) {
  auto executor = co_await boost::asio::this_coro::executor;
  SimHttpServer second(
      executor, [](const SimRequest&) { return SimAnswer{}; }, "127.0.0.2");
  SimDnsServer dns(executor, [&](const std::string&) {
    return SimDnsAnswer{"127.0.0.1", 0, false, {"127.0.0.2"}};
  });
  AgentTask::Item item = http_item("page", fmt::format("http://www.test:{}/", second.port()), 50);
  item.resolver = dns.address();
  item.params["connections"] = connections;
  Collector collector;
  const AgentTask task = task_of({item});
  co_await measure(task, 500ms, collector);
  co_await second.stop();
  co_await dns.stop();
  samples = collector.of("page");
}

std::size_t refused_of(const std::string& connections) {
  std::vector<Sample> samples;
  run_task(first_refuses(connections, samples));
  BOOST_TEST(samples.size() >= 25U);
  return static_cast<std::size_t>(std::ranges::count(samples, Outcome::Refused, &Sample::outcome));
}

/// Users who log in, each with his number, and send what they were given.
Task<> log_in_and_read(json::object params, std::map<std::uint32_t, std::set<std::string>>& heads) {
  auto executor = co_await boost::asio::this_coro::executor;
  SimHttpServer server(executor, [&](const SimRequest& request) {
    SimAnswer answer;
    if (request.target == "/login") {
      answer.body = fmt::format(R"({{"session": {{"token": "t-{0}", "broken": "a\r\nx: t-{0}"}}}})",
                                request.body);
      answer.headers = {fmt::format("Set-Cookie: who=c-{}; Path=/", request.body)};
    }
    answer.headers.push_back(fmt::format("x-seen: {}",
                                         request.head.find("t-") != std::string::npos
                                             ? request.head.substr(request.head.find("t-"), 3)
                                         : request.head.find("c-") != std::string::npos
                                             ? request.head.substr(request.head.find("c-"), 3)
                                             : "nobody"));
    return answer;
  });
  AgentTask::Item item = http_item("page", server.url("/article"), 100);
  item.clients = 4;
  item.params["served_by"] = json::object{{"header", "x-seen"}};
  item.params["login"] = json::object{{"url", server.url("/login")},
                                      {"method", "POST"},
                                      {"body", "{user}"},
                                      {"timeout", Duration(1s).count()}};
  for (const auto& [key, value] : params) {
    if (key == "token")
      item.params["login"].as_object()["token"] = value;
    else
      item.params[key] = value;
  }
  Collector collector;
  const AgentTask task = task_of({item});
  co_await measure(task, 500ms, collector);
  co_await server.stop();
  for (const Sample& sample : collector.of("page")) {
    if (sample.kind == SampleKind::Request)
      heads[sample.client].insert(collector.texts.at(sample.text));
  }
}

std::map<std::uint32_t, std::set<std::string>> seen_by_server(json::object params) {
  std::map<std::uint32_t, std::set<std::string>> heads;
  run_task(log_in_and_read(std::move(params), heads));
  BOOST_TEST(heads.size() == 4U);
  return heads;
}

/// A server that answers 503 for a while in the middle, seen at 10 requests a second.
Task<> fail_for_a_while(std::string often, std::vector<Sample>& samples, Time& dark, Time& light) {
  auto executor = co_await boost::asio::this_coro::executor;
  SystemClock clock;
  bool failing = false;
  SimHttpServer server(executor, [&](const SimRequest&) {
    SimAnswer answer;
    answer.status = failing ? 503 : 200;
    return answer;
  });
  AgentTask::Item item = http_item("page", server.url("/"), 10);
  if (!often.empty()) item.params["rate_while_failing"] = std::stod(often);
  Collector collector;
  const AgentTask task = task_of({item});
  const auto fails = [&]() -> Task<> {
    co_await wait(500ms);
    failing = true;
    dark = clock.now();
    co_await wait(500ms);
    failing = false;
    light = clock.now();
    co_await wait(500ms);
  };
  Task<> course = fails();
  co_await measure_until(task, std::move(course), collector);
  co_await server.stop();
  samples = collector.of("page");
}

/// Five users whose server ends.
Task<> server_ends(std::vector<Sample>& closed, std::vector<std::string>& texts, Time& end) {
  auto executor = co_await boost::asio::this_coro::executor;
  SystemClock clock;
  SimHttpServer server(executor, [](const SimRequest&) { return SimAnswer{}; });
  AgentTask::Item item = http_item("page", server.url("/"), 20);
  item.clients = 5;
  Collector collector;
  const AgentTask task = task_of({item});
  const auto ends = [&]() -> Task<> {
    co_await wait(520ms);
    end = clock.now();
    co_await server.stop();
    co_await wait(300ms);
  };
  Task<> course = ends();
  co_await measure_until(task, std::move(course), collector);
  texts = collector.texts;
  for (const Sample& sample : collector.of("page"))
    if (sample.kind == SampleKind::Closed) closed.push_back(sample);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(users)

BOOST_AUTO_TEST_CASE(each_user_sends_the_token_that_his_own_login_gave_him) {
  const auto heads = seen_by_server(
      {{"token", "/session/token"}, {"headers", {{"authorization", "Bearer {token}"}}}});
  for (const auto& [user, seen] : heads)
    BOOST_TEST((seen == std::set{fmt::format("t-{}", user)}), user);
}

BOOST_AUTO_TEST_CASE(a_token_that_would_break_a_header_is_none) {
  const auto heads = seen_by_server(
      {{"token", "/session/broken"}, {"headers", {{"authorization", "Bearer {token}"}}}});
  for (const auto& [user, seen] : heads)
    BOOST_TEST((seen == std::set<std::string>{"nobody"}), user);
}

BOOST_AUTO_TEST_CASE(each_user_sends_back_his_own_cookies_where_they_are_kept) {
  for (const auto& [user, seen] : seen_by_server({{"cookies", "kept"}}))
    BOOST_TEST((seen == std::set{fmt::format("c-{}", user)}), user);
  for (const auto& [user, seen] : seen_by_server({}))
    BOOST_TEST((seen == std::set<std::string>{"nobody"}), user);
}

BOOST_AUTO_TEST_CASE(a_user_who_fails_is_looked_after_until_he_is_served_again) {
  std::vector<Sample> samples;
  Time dark, light;
  run_task(fail_for_a_while("200", samples, dark, light));
  std::size_t watching = 0, answered = 0;
  for (const Sample& sample : samples) {
    if (sample.kind != SampleKind::Watching) continue;
    ++watching;
    if (sample.outcome == Outcome::Good) ++answered;
    BOOST_TEST((sample.due >= dark));
  }
  BOOST_TEST(watching > 20U);  // up to 80 in the 400 ms after the first failure
  BOOST_TEST(answered >= 1U);
  // Those that were under way when the first good answer came.
  BOOST_TEST(answered <= 10U);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_beyond_the_schedule_unless_the_playbook_says_so) {
  std::vector<Sample> samples;
  Time dark, light;
  run_task(fail_for_a_while("", samples, dark, light));
  BOOST_TEST(std::ranges::count(samples, SampleKind::Watching, &Sample::kind) == 0);
  BOOST_TEST(std::ranges::count(samples, Outcome::HttpError, &Sample::outcome) >= 2);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_the_server_closes_is_told_at_once_and_with_its_user) {
  std::vector<Sample> closed;
  std::vector<std::string> texts;
  Time end;
  run_task(server_ends(closed, texts, end));
  std::set<std::uint32_t> users;
  for (const Sample& sample : closed) {
    users.insert(sample.client);
    BOOST_TEST((sample.done >= end));
    BOOST_TEST(texts.at(sample.text) == "127.0.0.1");
    BOOST_TEST((sample.outcome == Outcome::Good));
  }
  BOOST_TEST(closed.size() == users.size());
  BOOST_TEST(users.size() >= 4U);  // the fifth may have been asking just then
}

BOOST_AUTO_TEST_CASE(each_of_many_users_has_connections_of_his_own) {
  run_task(connections_of_their_own());
}

BOOST_AUTO_TEST_CASE(a_user_of_a_crowd_keeps_his_connection) {
  run_task(connections_of_a_crowd());
}

BOOST_AUTO_TEST_CASE(fresh_users_open_a_connection_for_each_request) {
  run_task(one_for_each_request());
}

BOOST_AUTO_TEST_CASE(users_who_honour_the_ttl_move_when_the_name_does) {
  const auto [first, second] = served({});
  BOOST_TEST(first > 0U);
  BOOST_TEST(second > first);
}

BOOST_AUTO_TEST_CASE(users_who_ignore_the_ttl_never_move) {
  const auto [first, second] = served({{"ttl", "ignore"}});
  BOOST_TEST(first >= 100U);
  BOOST_TEST(second == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_at_least_as_long_as_the_users_machine_does) {
  const auto [first, second] = served({{"at_least", Duration(10s).count()}});
  BOOST_TEST(first >= 100U);
  BOOST_TEST(second == 0U);
}

BOOST_AUTO_TEST_CASE(a_browser_goes_on_to_the_next_address_where_others_fail) {
  BOOST_TEST(refused_of("browser") == 0U);
  BOOST_TEST(refused_of("kept") >= 25U);
}

BOOST_AUTO_TEST_SUITE_END()
