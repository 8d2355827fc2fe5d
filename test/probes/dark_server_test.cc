// An agent against servers that go dark: what it says must agree with what they know.
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "test/base/loop.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr const char* kDarkMs = "1200";
/// Shorter than the dark, so that what is lost fails; long for what is answered.
constexpr Duration kTimeout = 900ms;

/// One server that will be dark once, and what it said of it.
struct Dark {
  std::string mode;
  std::filesystem::path file;
  std::unique_ptr<Channel> channel;
  std::string said;
  std::string port;
  bool told = false;
  Time dark;
  Time light;

  /// Reads until it has said a line that starts with `word`; the rest of that line.
  Task<std::string> line(std::string word) {
    for (;;) {
      for (const std::string& each : split(said, '\n')) {
        if (each.starts_with(word + " ") && said.back() == '\n')
          co_return each.substr(word.size() + 1);
      }
      const std::string more = co_await channel->read();
      if (more.empty()) fail("dark_server ended: {}", channel->errors());
      said += more;
    }
  }

  Task<Time> instant(std::string word) {
    const std::string text = co_await line(std::move(word));
    co_return Time(Duration(std::stoll(text)));
  }
};

Task<> start(Dark& server, std::string mode) {
  server.mode = mode;
  server.file = std::filesystem::temp_directory_path() / fmt::format("muster-dark-{:x}", entropy());
  const auto here = make_host("here", "this machine", {});
  const std::string program = (program_directory() / "dark_server").string();
  std::vector<std::string> argv = {
      program, "--mode", mode, "--when", server.file.string(), "--for", kDarkMs};
  server.channel = co_await here->open(std::move(argv));
  server.port = co_await server.line("port");
}

/// Each server goes dark when the agent has seen it for a while.
void darken_when_seen(std::vector<Dark>& servers, Collector& collector) {
  collector.on_samples =
      [&](std::string_view probe, std::string_view vantage, const std::vector<Sample>&) {
        const std::size_t seen = collector.of(std::string(probe), std::string(vantage)).size();
        for (Dark& server : servers) {
          if (server.mode != probe || seen < 20 || std::exchange(server.told, true)) continue;
          write_file_atomically(server.file, "now");
        }
      };
}

/// Until each has answered well after its dark.
Task<> see_the_light(std::vector<Dark>& servers, Collector& collector) {
  for (Dark& server : servers) {
    server.dark = co_await server.instant("dark");
    server.light = co_await server.instant("light");
    const auto well = [&] {
      return std::ranges::any_of(collector.of(server.mode), [&](const Sample& sample) {
        return sample.outcome == Outcome::Good && sample.sent > server.light;
      });
    };
    co_await wait_until(well);
  }
}

Task<> see_them_go_dark(std::vector<Dark>& servers, Collector& collector) {
  std::vector<AgentTask::Item> items;
  for (const std::string mode : {"refuse", "reset", "drop", "lost", "503"}) {
    Dark& server = servers.emplace_back();
    co_await start(server, mode);
    AgentTask::Item item = http_item(mode, fmt::format("http://127.0.0.1:{}/", server.port), 100);
    item.params["timeout"] = kTimeout.count();
    item.params["served_by"] = json::object{{"header", "x-region"}};
    items.push_back(item);
  }
  darken_when_seen(servers, collector);
  const AgentTask task = task_of(items);
  Task<> course = see_the_light(servers, collector);
  const AgentHealth health = co_await measure_until(task, std::move(course), collector);
  BOOST_TEST(health.died == "");
  for (Dark& server : servers) {
    server.channel->close_input();
    const int code = co_await server.channel->wait();
    BOOST_TEST(code == 0);
    server.channel.reset();  // while its loop is there
  }
}

bool fits(const std::string& mode, Outcome outcome) {
  if (mode == "drop" || mode == "lost") return outcome == Outcome::Timeout;
  if (mode == "503") return outcome == Outcome::HttpError;
  // The edge itself resets what is under way.
  return outcome == Outcome::Reset || (mode == "refuse" && outcome == Outcome::Refused);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dark_servers)

BOOST_AUTO_TEST_CASE(nothing_is_good_in_the_dark_and_nothing_fails_in_the_light) {
  std::vector<Dark> servers;
  servers.reserve(5);
  Collector collector;
  run_task(see_them_go_dark(servers, collector));
  for (const Dark& server : servers) {
    std::size_t failed = 0;
    std::size_t good_after = 0;
    for (const Sample& sample : collector.of(server.mode)) {
      if (sample.kind != SampleKind::Request) continue;
      const bool good = sample.outcome == Outcome::Good;
      if (good) {
        BOOST_TEST(!(sample.sent > server.dark && sample.done < server.light), server.mode);
        BOOST_TEST(collector.texts.at(sample.text) == "us-east");
        if (sample.sent > server.light) ++good_after;
      } else {
        ++failed;
        BOOST_TEST((sample.sent < server.light), server.mode);
        BOOST_TEST(fits(server.mode, sample.outcome),
                   fmt::format("{}: {}", server.mode, name_of(sample.outcome)));
      }
    }
    BOOST_TEST(failed > 0U, server.mode);
    BOOST_TEST(good_after > 0U, server.mode);
  }
}

BOOST_AUTO_TEST_SUITE_END()
