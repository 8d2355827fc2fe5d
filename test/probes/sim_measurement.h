#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/process.h"
#include "probes/vantage.h"

namespace muster {

/// Every host is this machine.
class LocalHosts final : public Hosts {
 public:
  Host& host(std::string_view) override { return *here_; }

 private:
  std::unique_ptr<Host> here_ = make_host("here", "this machine", {});
};

/// Keeps what agents measured, by probe and vantage; not how the machine treated them.
class Collector final : public SampleSink {
 public:
  std::uint16_t intern(std::string_view text) override {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i] == text) return static_cast<std::uint16_t>(i);
    }
    texts.emplace_back(text);
    return static_cast<std::uint16_t>(texts.size() - 1);
  }

  void samples(std::string_view probe,
               std::string_view vantage,
               const std::vector<Sample>& block) override {
    auto& all = series[{std::string(probe), std::string(vantage)}];
    std::ranges::copy_if(block, std::back_inserter(all), [](const Sample& sample) {
      return sample.kind != SampleKind::Stall;
    });
    if (on_samples) on_samples(probe, vantage, block);
  }

  const std::vector<Sample>& of(const std::string& probe, const std::string& vantage = "me") {
    return series[{probe, vantage}];
  }

  std::vector<std::string> texts{""};
  std::map<std::pair<std::string, std::string>, std::vector<Sample>> series;
  std::function<void(std::string_view, std::string_view, const std::vector<Sample>&)> on_samples;
};

inline std::vector<std::string> agent_program() {
  return {(program_directory() / "probe_agent").string()};
}

/// For what is answered, however busy the machine is.
constexpr Duration kPatience = std::chrono::seconds(10);

inline AgentTask::Item http_item(std::string probe, const std::string& url, double rate) {
  AgentTask::Item item;
  item.probe = std::move(probe);
  item.kind = "http";
  item.rate = rate;
  item.params = {{"url", url}, {"method", "GET"}, {"timeout", kPatience.count()}};
  return item;
}

inline AgentTask task_of(std::vector<AgentTask::Item> items, std::string vantage = "me") {
  AgentTask task;
  task.run = "run1";
  task.vantage = std::move(vantage);
  task.host = "here";
  task.items = std::move(items);
  return task;
}

/// Lets one agent measure until `until`, which begins with it, has ended; its health at the end.
inline Task<AgentHealth> measure_until(AgentTask task,
                                       Task<> until,
                                       Collector& collector,
                                       std::vector<std::string> program = agent_program()) {
  SystemClock clock;
  LocalHosts hosts;
  auto agents = make_agents(hosts, clock, std::move(program));
  auto agent = co_await agents->launch(std::move(task));
  const Time at = clock.now() + std::chrono::milliseconds(300);
  co_await agent->start(at);
  auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup pumps(executor);
  pumps.spawn(agent->pump(collector));
  co_await clock.sleep_until(at);
  co_await std::move(until);
  co_await agent->stop();
  co_await pumps.join();
  co_return agent->health();
}

inline Task<> wait(Duration length) {
  SystemClock clock;
  co_await clock.sleep_for(length);
}

/// Waits, but not for ever, until it holds.
template <class Holds>
Task<> wait_until(Holds holds) {
  SystemClock clock;
  for (int i = 0; i < 6000 && !holds(); ++i)
    co_await clock.sleep_for(std::chrono::milliseconds(10));
}

/// Lets one agent measure for `length`.
inline Task<AgentHealth> measure(AgentTask task, Duration length, Collector& collector) {
  return measure_until(std::move(task), wait(length), collector);
}

}  // namespace muster
