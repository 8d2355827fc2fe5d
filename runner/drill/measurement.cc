#include "runner/drill/measurement.h"

#include <boost/asio.hpp>

#include "base/error.h"

namespace muster {

namespace asio = boost::asio;

namespace {

/// Time for every agent to hear of the start before it is due; more only delays the first request.
constexpr Duration kStartNotice = std::chrono::milliseconds(20);
constexpr std::size_t kMostTexts = 60000;

}  // namespace

Measurement::Measurement(Clock& clock, Agents& agents, SampleFile& file, RunRecord& record)
    : clock_(clock), agents_(agents), file_(file), record_(record) {
  if (record_.texts.empty()) record_.texts.emplace_back();
  live_ = make_live_metrics(record_.playbook, record_.texts);
}

Measurement::~Measurement() = default;

Task<> Measurement::launch() {
  auto executor = co_await asio::this_coro::executor;
  std::vector<AgentTask> tasks = agent_tasks(record_.playbook, record_.stack);
  running_.resize(tasks.size());
  pumps_ = std::make_unique<TaskGroup>(executor);
  TaskGroup launches(executor);
  for (std::size_t i = 0; i < tasks.size(); ++i) launches.spawn(launch_one(std::move(tasks[i]), i));
  co_await launches.join();
}

Task<> Measurement::launch_one(AgentTask task, std::size_t place) {
  running_[place] = co_await agents_.launch(std::move(task));
}

Task<Time> Measurement::start() {
  auto executor = co_await asio::this_coro::executor;
  for (const auto& agent : running_) pumps_->spawn(agent->pump(*this));
  const Time at = clock_.now() + kStartNotice;
  TaskGroup starts(executor);
  for (const auto& agent : running_) starts.spawn(agent->start(at));
  co_await starts.join();
  note_health();
  co_return at;
}

Task<> Measurement::stop() {
  auto executor = co_await asio::this_coro::executor;
  if (!pumps_) co_return;
  TaskGroup stops(executor);
  for (const auto& agent : running_) {
    if (agent) stops.spawn(agent->stop());
  }
  co_await stops.join();
  co_await pumps_->join();
  file_.flush();
  record_.series = file_.read_back();
  note_health();
}

void Measurement::note_health() {
  record_.agents.clear();
  for (const auto& agent : running_) {
    if (agent) record_.agents.push_back(agent->health());
  }
}

std::uint16_t Measurement::intern(std::string_view text) {
  const auto known = std::find(record_.texts.begin(), record_.texts.end(), text);
  if (known != record_.texts.end())
    return static_cast<std::uint16_t>(known - record_.texts.begin());
  if (record_.texts.size() >= kMostTexts)
    return 0;  // a server that answers with a new text each time
  record_.texts.emplace_back(text);
  const auto index = static_cast<std::uint16_t>(record_.texts.size() - 1);
  file_.add_text(index, text);
  return index;
}

void Measurement::samples(std::string_view probe,
                          std::string_view vantage,
                          const std::vector<Sample>& block) {
  for (const Sample& sample : block) {
    file_.add(probe, vantage, sample);
    live_->add(probe, vantage, sample);
  }
  relay_writes(probe, vantage, block);
}

void Measurement::relay_writes(std::string_view probe,
                               std::string_view writer,
                               const std::vector<Sample>& block) {
  std::vector<std::uint64_t> acknowledged;
  for (const Sample& sample : block) {
    if (sample.kind == SampleKind::Write && sample.outcome == Outcome::Good) {
      acknowledged.push_back(static_cast<std::uint64_t>(sample.value));
    }
  }
  if (acknowledged.empty()) return;
  for (const auto& agent : running_) {
    if (agent) agent->tell_written(probe, writer, acknowledged);
  }
}

}  // namespace muster
