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

/// More users than the client has multi handles; each says who he is.
Task<> connections_of_their_own() {
  constexpr std::size_t kUsers = 100;
  auto executor = co_await boost::asio::this_coro::executor;
  std::map<std::string, std::set<std::size_t>> connections;
  std::map<std::size_t, std::set<std::string>> users;
  std::size_t requests = 0;
  SimHttpServer server(executor, [&](const SimRequest& request) {
    ++requests;
    connections[request.target].insert(request.connection);
    users[request.connection].insert(request.target);
    return SimAnswer{};
  });
  AgentTask::Item item = http_item("page", server.url("/{user}"), 100);
  item.clients = kUsers;
  Collector collector;
  const AgentTask task = task_of({item});
  co_await measure(task, 2s, collector);
  co_await server.stop();

  BOOST_TEST(requests == collector.of("page").size() + kUsers);  // each warms up once
  BOOST_TEST(connections.size() == kUsers);
  for (const auto& [connection, his] : users) BOOST_TEST(his.size() == 1U, connection);
  const auto one_each =
      std::ranges::count_if(connections, [](const auto& user) { return user.second.size() == 1; });
  // Where the machine is so busy that a user's next request is due before he is answered, that one
  // has a connection of its own.
  BOOST_TEST(static_cast<std::size_t>(one_each) >= kUsers / 2);
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

/// Who answered each request, in the order in which they were sent.
using Answered = std::vector<std::string>;

/// A name that is answered with one address at first and with another from then on, TTL 0; both are
/// served, and the answers say by which.
Task<> moved(json::object dns_params, Answered& by) {
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
  SystemClock clock;
  Time since{};  // what is sent from then on counts
  const auto seen = [&] {
    const auto& all = collector.of("page");
    return !all.empty() && all.back().sent > since + 200ms;
  };
  const auto moving = [&]() -> Task<> {
    co_await wait_until(seen);
    has_moved = true;
    since = clock.now();
    co_await wait_until(seen);
  };
  const AgentTask task = task_of({item});
  Task<> run = moving();
  co_await measure_until(task, std::move(run), collector);
  co_await first.stop();
  co_await second.stop();
  co_await dns.stop();
  std::vector<Sample> samples = collector.of("page");
  std::ranges::sort(samples, {}, &Sample::sent);
  for (const Sample& sample : samples) {
    BOOST_TEST((sample.outcome == Outcome::Good));
    by.push_back(collector.texts.at(sample.text));
  }
}

Answered served(json::object dns) {
  Answered by;
  run_task(moved(std::move(dns), by));
  BOOST_TEST(by.size() >= 20U);
  return by;
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
                                      {"timeout", kPatience.count()}};
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

/// A server that answers 503 in the middle, until so many requests of that kind have failed, seen
/// at 10 requests a second.
Task<> fail_until(SampleKind kind,
                  std::ptrdiff_t failures,
                  json::object params,
                  std::vector<Sample>& samples) {
  auto executor = co_await boost::asio::this_coro::executor;
  bool failing = false;
  SimHttpServer server(executor, [&](const SimRequest&) {
    SimAnswer answer;
    answer.status = failing ? 503 : 200;
    return answer;
  });
  AgentTask::Item item = http_item("page", server.url("/"), 10);
  for (const auto& [key, value] : params) item.params[key] = value;
  Collector collector;
  const AgentTask task = task_of({item});
  const auto served = [&] {
    const auto& all = collector.of("page");
    return !all.empty() && all.back().outcome == Outcome::Good;
  };
  const auto failed = [&] {
    return std::ranges::count_if(collector.of("page"), [&](const Sample& sample) {
             return sample.kind == kind && sample.outcome == Outcome::HttpError;
           }) >= failures;
  };
  const auto fails = [&]() -> Task<> {
    co_await wait_until(served);
    failing = true;
    co_await wait_until(failed);
    failing = false;
    co_await wait_until(served);
    co_await wait(200ms);
  };
  Task<> course = fails();
  co_await measure_until(task, std::move(course), collector);
  co_await server.stop();
  samples = collector.of("page");
}

std::size_t closings(const std::vector<Sample>& samples) {
  return static_cast<std::size_t>(std::ranges::count(samples, SampleKind::Closed, &Sample::kind));
}

/// Five users whose server ends.
Task<> server_ends(std::vector<Sample>& closed, std::vector<std::string>& texts, Time& end) {
  auto executor = co_await boost::asio::this_coro::executor;
  SystemClock clock;
  SimHttpServer server(executor, [](const SimRequest&) { return SimAnswer{}; });
  AgentTask::Item item = http_item("page", server.url("/"), 20);
  item.clients = 5;
  item.params["timeout"] = Duration(1s).count();  // of who comes after the end
  Collector collector;
  const AgentTask task = task_of({item});
  const auto ends = [&]() -> Task<> {
    co_await wait(520ms);
    end = clock.now();
    co_await server.stop();
    const auto told = [&] {
      return closings(collector.of("page")) >= 2;
    };
    co_await wait_until(told);
    co_await wait(200ms);
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
  run_task(fail_until(SampleKind::Watching, 20, {{"rate_while_failing", 200.0}}, samples));
  std::size_t answered = 0;
  for (const Sample& watching : samples) {
    if (watching.kind != SampleKind::Watching) continue;
    if (watching.outcome == Outcome::Good) ++answered;
    // The last answer before it was a failure.
    const auto later = std::ranges::find_if(
        samples, [&](const Sample& sample) { return sample.done > watching.sent; });
    BOOST_TEST_REQUIRE((later != samples.begin() && later != samples.end()));
    BOOST_TEST((std::prev(later)->outcome == Outcome::HttpError));
  }
  BOOST_TEST(answered >= 1U);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_beyond_the_schedule_unless_the_playbook_says_so) {
  std::vector<Sample> samples;
  run_task(fail_until(SampleKind::Request, 2, {}, samples));
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
  BOOST_TEST(users.size() >= 2U);  // the others may have been asking just then
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
  const Answered by = served({});
  BOOST_TEST(by.front() == "first");
  BOOST_TEST(by.back() == "second");
  BOOST_TEST(std::ranges::is_sorted(by));  // nobody goes back
}

BOOST_AUTO_TEST_CASE(users_who_ignore_the_ttl_never_move) {
  const Answered by = served({{"ttl", "ignore"}});
  BOOST_TEST(by == Answered(by.size(), "first"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_at_least_as_long_as_the_users_machine_does) {
  const Answered by = served({{"at_least", Duration(1h).count()}});
  BOOST_TEST(by == Answered(by.size(), "first"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_browser_goes_on_to_the_next_address_where_others_fail) {
  BOOST_TEST(refused_of("browser") == 0U);
  BOOST_TEST(refused_of("kept") >= 25U);
}

BOOST_AUTO_TEST_SUITE_END()
