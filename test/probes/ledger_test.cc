#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/text.h"
#include "test/base/loop.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

/// The number at the end of ".../run1-me-17".
int number_of(const std::string& target) {
  int number = 0;
  const std::size_t at = target.rfind('-') + 1;
  std::from_chars(target.data() + at, target.data() + target.size(), number);
  return number;
}

/// A store of keys that mishandles some numbers, by what they leave when divided by ten.
class Store {
 public:
  SimAnswer operator()(const SimRequest& request) {
    return request.method == "GET" ? read(request.target) : write(request);
  }

  std::map<std::string, int> counts;
  std::map<std::string, int> reads;
  std::string last_body;

 private:
  SimAnswer write(const SimRequest& request) {
    last_body = request.body;
    SimAnswer answer;
    answer.status = 201;
    int& count = counts[request.target];
    switch (number_of(request.target) % 10) {
      case 1:
        break;  // acknowledged and lost
      case 2:
        count = 2;
        break;  // done twice
      case 3:
        count = 1;
        answer.way = SimAnswer::Way::Reset;
        break;  // done, and nobody was told
      case 4:
        answer.way = SimAnswer::Way::Reset;
        break;  // not done, and nobody was told
      case 5:
        answer.status = 422;
        break;  // refused
      case 6:
        count = 1;
        answer.status = 502;
        break;  // done behind a broken proxy
      default:
        count = 1;
        break;
    }
    return answer;
  }

  SimAnswer read(const std::string& target) {
    SimAnswer answer;
    int count = counts[target];
    const bool late = number_of(target) % 10 == 7 && ++reads[target] <= 2;  // replication is behind
    if (late) count = 0;
    answer.status = count > 0 ? 200 : 404;
    answer.body = fmt::format(R"({{"key":"x","count":{}}})", count);
    return answer;
  }
};

AgentTask::Item ledger_item(const std::string& url) {
  AgentTask::Item item;
  item.probe = "comments";
  item.kind = "ledger";
  item.rate = 20;
  item.clients = 2;
  const json::object write = {{"url", url},
                              {"method", "POST"},
                              {"timeout", Duration(2s).count()},
                              {"body", "{key}/{number}"}};
  const json::object read = {{"url", url}, {"method", "GET"}, {"timeout", Duration(2s).count()}};
  item.params = {{"write", write},
                 {"read", read},
                 {"key", "{run}-{vantage}-{number}"},
                 {"settle_within", 1'000'000'000}};
  return item;
}

using ByNumber = std::map<int, std::vector<Sample>>;

ByNumber by_number(const std::vector<Sample>& samples, SampleKind kind) {
  ByNumber all;
  for (const Sample& sample : samples) {
    if (sample.kind == kind) all[static_cast<int>(sample.value)].push_back(sample);
  }
  for (auto& [number, each] : all) {
    std::sort(
        each.begin(), each.end(), [](const Sample& a, const Sample& b) { return a.done < b.done; });
  }
  return all;
}

Outcome wanted_of_write(int number) {
  switch (number % 10) {
    case 3:
    case 4:
    case 6:
      return Outcome::Unknown;
    case 5:
      return Outcome::Refused;
    default:
      return Outcome::Good;
  }
}

void check_reads(int number, const std::vector<Sample>& reads) {
  const Sample& last = reads.back();
  switch (number % 10) {
    case 1:
    case 4:
      BOOST_TEST((last.outcome == Outcome::WrongBody));
      break;
    case 2:
      BOOST_TEST(last.status == 2);
      break;
    case 7:
      BOOST_TEST((reads.front().outcome == Outcome::WrongBody));
      [[fallthrough]];
    default:
      BOOST_TEST((last.outcome == Outcome::Good));
      BOOST_TEST(last.status == 1);
  }
}

Task<> one_writer() {
  auto executor = co_await asio::this_coro::executor;
  Store store;
  SimHttpServer server(executor, [&](const SimRequest& request) { return store(request); });
  Collector collector;
  const AgentTask task = task_of({ledger_item(server.url("/ledger/{key}"))});
  const AgentHealth health = co_await measure(task, 1s, collector);
  co_await server.stop();

  BOOST_TEST(health.died == "");
  const ByNumber writes = by_number(collector.of("comments"), SampleKind::Write);
  const ByNumber reads = by_number(collector.of("comments"), SampleKind::ReadBack);
  BOOST_TEST(writes.size() == health.due);
  BOOST_TEST(writes.size() >= 20U);
  for (const auto& [number, samples] : writes) {
    BOOST_TEST(samples.size() == 1U);
    BOOST_TEST((samples[0].outcome == wanted_of_write(number)), number);
    // Refused writes are not looked for; every other number is, at least once at the end.
    BOOST_REQUIRE(reads.count(number) == (wanted_of_write(number) == Outcome::Refused ? 0U : 1U));
    if (reads.count(number) > 0) check_reads(number, reads.at(number));
  }
  for (const auto& [number, samples] : reads) {
    for (const Sample& sample : samples) BOOST_TEST(collector.texts.at(sample.text) == "me");
  }
  const int last = writes.rbegin()->first;
  BOOST_TEST(store.last_body == fmt::format("run1-me-{}/{}", last, last));
}

/// Two vantages; what one was acknowledged is told to both, as the runner does.
Task<> two_readers() {
  auto executor = co_await asio::this_coro::executor;
  Store store;
  SimHttpServer server(executor, [&](const SimRequest& request) { return store(request); });
  SystemClock clock;
  LocalHosts hosts;
  auto agents = make_agents(hosts, clock, agent_program());
  AgentTask here = task_of({ledger_item(server.url("/ledger/{key}"))}, "here");
  AgentTask there = task_of({ledger_item(server.url("/ledger/{key}"))}, "there");
  auto first = co_await agents->launch(std::move(here));
  auto second = co_await agents->launch(std::move(there));
  Collector collector;
  collector.on_samples =
      [&](std::string_view probe, std::string_view vantage, const std::vector<Sample>& block) {
        for (const Sample& sample : block) {
          if (sample.kind != SampleKind::Write || sample.outcome != Outcome::Good) continue;
          const std::vector<std::uint64_t> numbers = {static_cast<std::uint64_t>(sample.value)};
          first->tell_written(probe, vantage, numbers);
          second->tell_written(probe, vantage, numbers);
        }
      };
  const Time at = clock.now() + 300ms;
  co_await first->start(at);
  co_await second->start(at);
  TaskGroup pumps(executor);
  pumps.spawn(first->pump(collector));
  pumps.spawn(second->pump(collector));
  co_await clock.sleep_until(at + 500ms);
  co_await first->stop();
  co_await second->stop();
  co_await pumps.join();
  co_await server.stop();

  for (const std::string reader : {"here", "there"}) {
    std::set<std::pair<std::string, int>> found;
    for (const Sample& sample : collector.of("comments", reader)) {
      if (sample.kind != SampleKind::ReadBack) continue;
      found.insert({collector.texts.at(sample.text), static_cast<int>(sample.value)});
    }
    for (const std::string writer : {"here", "there"}) {
      std::size_t acknowledged = 0;
      for (const auto& [number, samples] :
           by_number(collector.of("comments", writer), SampleKind::Write)) {
        if (samples[0].outcome != Outcome::Good) continue;
        ++acknowledged;
        BOOST_TEST(found.count({writer, number}) == 1U,
                   fmt::format("{} by {}: {}", writer, reader, number));
      }
      BOOST_TEST(acknowledged > 0U);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(
    each_number_is_judged_by_what_is_known_of_it_and_read_back_until_it_is_settled) {
  run_task(one_writer());
}

BOOST_AUTO_TEST_CASE(what_one_vantage_wrote_is_read_back_from_every_one) {
  run_task(two_readers());
}

BOOST_AUTO_TEST_SUITE_END()
