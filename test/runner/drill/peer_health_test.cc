#include "runner/drill/peer_health.h"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "test/runner/sample_drill.h"
#include "test/runner/sim_clock.h"

using namespace muster;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A host that answers the health question as its script says at that time; 20 ms each.
class AnsweringHost final : public Host {
 public:
  AnsweringHost(std::string name, Clock& clock) : name_(std::move(name)), clock_(clock) {}

  const std::string& name() const override { return name_; }
  std::string reach() const override { return "made up"; }
  Task<CommandResult> try_run(Command question) override {
    ++asked;
    BOOST_TEST(question.argv.front() == "curl");
    BOOST_TEST(question.argv.back() == "http://127.0.0.1:8080/health");
    co_await clock_.sleep_for(20ms);
    if (unreachable) fail("no such host");
    CommandResult answer;
    const bool well = clock_.now() < unwell_from || clock_.now() >= unwell_until;
    answer.out = well ? "200" : "503";
    co_return answer;
  }
  Task<std::unique_ptr<Channel>> open(std::vector<std::string>) override {
    fail("nothing is opened here");
    co_return nullptr;
  }

  Time unwell_from = Time::max();
  Time unwell_until = Time::max();
  bool unreachable = false;
  int asked = 0;

 private:
  std::string name_;
  Clock& clock_;
};

struct TwoRegions : Hosts {
  asio::io_context loop{1};
  SimClock clock{loop};
  Drill drill = empty_drill();
  std::map<std::string, AnsweringHost, std::less<>> hosts;

  TwoRegions() {
    for (const StackHost& host : drill.stack.hosts) hosts.try_emplace(host.name, host.name, clock);
  }
  Host& host(std::string_view name) override { return hosts.find(name)->second; }
  AnsweringHost& peer() { return hosts.find("app1-eu")->second; }

  /// What is said of every peer when the fault is due, `baseline` after the start.
  std::vector<CheckRecord> look(Duration baseline) {
    PeerHealth peers(clock, *this, drill.stack, {{"west", {"us"}}});
    guards = peers.guards("west");
    std::vector<CheckRecord> checks;
    bool ended = false;
    const auto drive = [](SimClock& time,
                          PeerHealth& watch,
                          Duration length,
                          std::vector<CheckRecord>& into) -> Task<> {
      auto executor = co_await asio::this_coro::executor;
      TaskGroup watchers(executor);
      watchers.spawn(watch.watch());
      co_await time.sleep_for(length);
      into = co_await watch.conclude();
      co_await watchers.join();
    };
    asio::co_spawn(loop, drive(clock, peers, baseline, checks), [&](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      ended = true;
    });
    clock.run(10min);
    BOOST_TEST(ended);
    return checks;
  }
  bool guards = false;
};

bool all_held(const std::vector<CheckRecord>& checks) {
  return std::all_of(
      checks.begin(), checks.end(), [](const CheckRecord& each) { return each.held; });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(peer_health, TwoRegions)

BOOST_AUTO_TEST_CASE(every_service_with_a_health_in_the_other_region_is_asked) {
  const auto checks = look(10s);
  BOOST_TEST(checks.size() == 2U);
  BOOST_TEST(all_held(checks));
  BOOST_TEST(checks[0].text == "app on app1-eu healthy for 3s");
  BOOST_TEST(checks[1].text == "app on app2-eu healthy for 3s");
  BOOST_TEST(hosts.find("app1-us")->second.asked == 0);
  BOOST_TEST(peer().asked >= 19);
}

BOOST_AUTO_TEST_CASE(a_baseline_that_is_too_short_is_waited_out) {
  const Time began = clock.now();
  BOOST_TEST(all_held(look(500ms)));
  BOOST_TEST((clock.now() - began >= 3s));
}

BOOST_AUTO_TEST_CASE(a_long_baseline_is_not_made_longer) {
  const Time began = clock.now();
  look(10s);
  BOOST_TEST((clock.now() - began < 11s));
}

BOOST_AUTO_TEST_CASE(one_that_was_unwell_within_the_time_is_not_healthy) {
  peer().unwell_from = clock.now() + 7500ms;
  peer().unwell_until = clock.now() + 8500ms;
  const auto checks = look(10s);
  BOOST_TEST(!checks[0].held);
  BOOST_TEST(checks[1].held);
}

BOOST_AUTO_TEST_CASE(one_that_was_unwell_before_that_time_is_healthy) {
  peer().unwell_from = clock.now();
  peer().unwell_until = clock.now() + 5s;
  BOOST_TEST(all_held(look(10s)));
}

BOOST_AUTO_TEST_CASE(one_that_is_unwell_says_how) {
  peer().unwell_from = clock.now();
  const auto checks = look(10s);
  BOOST_TEST(!checks[0].held);
  BOOST_TEST(checks[0].saw == "the status is 503");
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_asked_is_not_healthy) {
  peer().unreachable = true;
  const auto checks = look(10s);
  BOOST_TEST(!checks[0].held);
  BOOST_TEST(checks[0].saw == "no such host");
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_where_the_stack_says_zero) {
  drill.stack.peer_healthy = 0s;
  BOOST_TEST(look(1s).empty());
  BOOST_TEST(!guards);
  BOOST_TEST(peer().asked == 0);
}

BOOST_AUTO_TEST_SUITE_END()
