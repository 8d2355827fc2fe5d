#include "probes/resolver.h"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "test/base/loop.h"
#include "test/probes/sim_dns_server.h"

using namespace muster;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

/// Waits until `answer` was given.
Task<> until_given(const std::optional<DnsAnswer>& answer) {
  SystemClock clock;
  for (int i = 0; i < 5000 && !answer; ++i) co_await clock.sleep_for(1ms);
  BOOST_REQUIRE(answer.has_value());
}

Task<DnsAnswer> ask_once(std::string name,
                         SimDnsServer::Handler handler,
                         Duration timeout,
                         int tries) {
  auto executor = co_await asio::this_coro::executor;
  SimDnsServer server(executor, std::move(handler));
  auto resolver = make_resolver(executor, server.address(), timeout, tries);
  std::optional<DnsAnswer> answer;
  resolver->ask(name, DnsFamily::V4, [&](const DnsAnswer& said) { answer = said; });
  co_await until_given(answer);
  co_await server.stop();
  co_return *answer;
}

DnsAnswer ask(std::string name, SimDnsServer::Handler handler) {
  DnsAnswer answer;
  const auto body = [](std::string n, SimDnsServer::Handler h, DnsAnswer& into) -> Task<> {
    into = co_await ask_once(std::move(n), std::move(h), 300ms, 1);
  };
  run_task(body(std::move(name), std::move(handler), answer));
  return answer;
}

/// A resolver that answers when the test says so.
class ByHand final : public Resolver {
 public:
  void ask(const std::string& name, DnsFamily, Handler handler) override {
    asked.push_back(name);
    open.push_back(std::move(handler));
  }
  void answer(const DnsAnswer& with) {
    for (const Handler& handler : std::exchange(open, {})) handler(with);
  }
  std::vector<std::string> asked;
  std::vector<Handler> open;
};

DnsAnswer good(std::string address, Duration ttl) {
  return {Outcome::Good, {std::move(address)}, ttl, 0, {}};
}

/// A cache with a clock that stands still until the test moves it.
struct Remembering {
  ByHand resolver;
  DnsCache cache{resolver, "www.novvista.test"};
  Time now{100s};
  std::vector<DnsAnswer> answers;

  void ask() {
    cache.ask([this] { return now; },
              [this](const DnsAnswer& answer) { answers.push_back(answer); });
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(resolver)

BOOST_AUTO_TEST_CASE(an_answer_brings_its_addresses_and_ttl) {
  const DnsAnswer answer = ask("www.novvista.test", [](const std::string& name) {
    return SimDnsAnswer{name == "www.novvista.test" ? "10.21.0.2" : "", 6, false};
  });
  BOOST_TEST((answer.outcome == Outcome::Good));
  BOOST_TEST(answer.addresses == std::vector<std::string>{"10.21.0.2"},
             boost::test_tools::per_element());
  BOOST_TEST((answer.ttl == 6s));
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_told_from_a_server_that_does_not_answer) {
  const DnsAnswer missing = ask("nowhere.test", [](const std::string&) { return SimDnsAnswer{}; });
  BOOST_TEST((missing.outcome == Outcome::Dns));
  BOOST_TEST(!missing.error.empty());
  const DnsAnswer silent = ask("www.test", [](const std::string&) {
    return SimDnsAnswer{"", 0, true};
  });
  BOOST_TEST((silent.outcome == Outcome::Timeout));
}

BOOST_AUTO_TEST_CASE(of_several_resolvers_each_is_asked_once) {
  const auto body = []() -> Task<> {
    auto executor = co_await asio::this_coro::executor;
    const auto silent = [](const std::string&) {
      return SimDnsAnswer{"", 0, true};
    };
    SimDnsServer first(executor, silent);
    SimDnsServer second(executor, silent);
    auto resolver = make_resolver(executor, first.address() + "," + second.address(), 200ms, 3);
    std::optional<DnsAnswer> answer;
    std::optional<DnsAnswer> of_one;
    resolver->ask("www.test", DnsFamily::V4, [&](const DnsAnswer& said) { answer = said; });
    auto alone = make_resolver(executor, first.address(), 200ms, 3);
    alone->ask("www.test", DnsFamily::V4, [&](const DnsAnswer& said) { of_one = said; });
    co_await until_given(answer);
    co_await until_given(of_one);
    BOOST_TEST((answer->outcome == Outcome::Timeout));
    BOOST_TEST(second.asked() == 1U);
    BOOST_TEST(first.asked() == 1U + 3U);
    co_await first.stop();
    co_await second.stop();
  };
  run_task(body());
}

BOOST_AUTO_TEST_CASE(no_search_domain_is_tried) {
  std::vector<std::string> names;
  ask("www", [&](const std::string& name) {
    names.push_back(name);
    return SimDnsAnswer{};
  });
  BOOST_TEST(names == std::vector<std::string>{"www"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_is_known_as_long_as_its_ttl_and_not_longer) {
  Remembering user;
  BOOST_TEST(user.cache.known(user.now) == nullptr);
  user.ask();
  user.resolver.answer(good("10.21.0.2", 6s));
  const DnsAnswer* known = user.cache.known(user.now + 6s - 1ns);
  BOOST_REQUIRE(known != nullptr);
  BOOST_TEST(known->addresses.front() == "10.21.0.2");
  BOOST_TEST(user.cache.known(user.now + 6s) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_ttl_counts_from_the_answer_and_not_from_the_question) {
  Remembering user;
  user.ask();
  user.now += 2s;
  user.resolver.answer(good("10.21.0.2", 1s));
  BOOST_TEST(user.cache.known(Time(102s) + 500ms) != nullptr);
  BOOST_TEST(user.cache.known(Time(103s)) == nullptr);
}

BOOST_AUTO_TEST_CASE(requests_that_wait_for_the_same_answer_ask_once) {
  Remembering user;
  user.ask();
  user.ask();
  user.ask();
  BOOST_TEST(user.resolver.asked.size() == 1U);
  user.resolver.answer(good("10.21.0.2", 6s));
  BOOST_TEST(user.answers.size() == 3U);
}

BOOST_AUTO_TEST_CASE(an_answer_with_a_ttl_of_nothing_serves_those_who_wait_and_nobody_else) {
  Remembering user;
  user.ask();
  user.resolver.answer(good("10.21.0.2", 0s));
  BOOST_TEST(user.answers.size() == 1U);
  BOOST_TEST(user.cache.known(user.now) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_and_not_remembered) {
  Remembering user;
  user.ask();
  user.resolver.answer({Outcome::Timeout, {}, {}, 0, "timeout"});
  BOOST_REQUIRE(user.answers.size() == 1U);
  BOOST_TEST((user.answers[0].outcome == Outcome::Timeout));
  BOOST_TEST(user.cache.known(user.now) == nullptr);
  user.ask();
  BOOST_TEST(user.resolver.asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_name_without_an_ipv4_address_is_asked_for_the_other_kind) {
  Remembering user;
  user.ask();
  user.resolver.answer({Outcome::Dns, {}, {}, 0, "no data"});
  BOOST_TEST(user.answers.empty());
  user.resolver.answer(good("::1", 6s));
  BOOST_REQUIRE(user.answers.size() == 1U);
  BOOST_TEST(user.answers[0].addresses.front() == "::1");
}

BOOST_AUTO_TEST_CASE(addresses_need_no_resolver) {
  BOOST_TEST(is_address("10.1.0.10"));
  BOOST_TEST(is_address("::1"));
  BOOST_TEST(!is_address("www.novvista.test"));
  BOOST_TEST(!is_address("10.1.0"));
}

BOOST_AUTO_TEST_SUITE_END()
