#include "probes/vantage.h"

#include <boost/asio/this_coro.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "probes/agent_protocol.h"
#include "probes/clock_offset.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr Duration kPrepareLimit = 75s;  // beyond the longest timeout a probe may have
constexpr Duration kStartLimit = 10s;
constexpr Duration kSilence = 10s;  // an agent says something every second
constexpr Duration kExitLimit = 5s;
constexpr int kFirstLooks = 5;          // at another machine's clock, before the start
constexpr Duration kLookEvery = 250ms;  // and from then on

AgentTask& task_for(std::vector<AgentTask>& tasks, const ProbePlace& place) {
  for (AgentTask& task : tasks) {
    if (task.vantage == place.vantage && task.host == place.host) return task;
  }
  AgentTask task;
  task.vantage = place.vantage;
  task.host = place.host;
  task.region = place.region;
  return tasks.emplace_back(std::move(task));
}

/// The agent's input. Shared with the task that writes to it, which may outlive the agent's object
/// for a moment.
struct Link {
  explicit Link(std::unique_ptr<Channel> to) : channel(std::move(to)) {}
  std::unique_ptr<Channel> channel;
  std::string outgoing;
  bool writing = false;
};

Task<> write_all(std::shared_ptr<Link> link) {
  try {
    while (!link->outgoing.empty()) {
      std::string bytes = std::exchange(link->outgoing, {});
      co_await link->channel->write(std::move(bytes));
    }
  } catch (const Error&) {
    link->outgoing.clear();  // it is dead: whoever reads from it learns why
  }
  link->writing = false;
}

Task<> read_into(Channel& channel, std::string& bytes) {
  bytes = co_await channel.read();
}

Task<> wait_for_exit(Channel& channel, int& code) {
  code = co_await channel.wait();
}

class RemoteAgent final : public Agent {
 public:
  RemoteAgent(const boost::asio::any_io_executor& executor,
              Clock& clock,
              AgentTask task,
              std::unique_ptr<Channel> channel)
      : clock_(clock),
        task_(std::move(task)),
        link_(std::make_shared<Link>(std::move(channel))),
        ready_(executor),
        writes_(executor) {
    health_.vantage = task_.vantage;
  }

  RemoteAgent(const RemoteAgent&) = delete;
  RemoteAgent& operator=(const RemoteAgent&) = delete;
  ~RemoteAgent() override { link_->channel->close_input(); }

  const std::string& vantage() const override { return task_.vantage; }
  const AgentHealth& health() const override { return health_; }

  /// Gives it the task; returns when it has its addresses and connections.
  Task<> give_task() {
    send(encode_frame(AgentFrameType::Task, compact_json(task_to_json(task_))));
    Task<> taken = read_until(AgentFrameType::Hello);
    co_await in_time(std::move(taken), kPrepareLimit, "was prepared");
    const json::value hello = parse_json(last_payload_, "agent hello");
    same_clock_ = text_at(hello.as_object(), "clock") == own_clock_name();
    for (int look = 0; look < kFirstLooks && !same_clock_; ++look) {
      look_at_clock();
      Task<> answered = read_until(AgentFrameType::ClockAnswer);
      co_await in_time(std::move(answered), kStartLimit, "told its time");
      take_clock(decode_clock_answer(last_payload_));
    }
  }

  Task<> start(Time at) override {
    if (!same_clock_) at += offset_.latest()->offset;
    const json::object when = {{"at", at.time_since_epoch().count()}};
    send(encode_frame(AgentFrameType::Start, compact_json(when)));
    Task<> prepared = pumping_ ? ready_.wait() : read_until(AgentFrameType::Ready);
    co_await in_time(std::move(prepared), kStartLimit, "was ready");
    if (!health_.died.empty()) fail("vantage {}: {}", vantage(), health_.died);
  }

  Task<> pump(SampleSink& sink) override {
    pumping_ = true;
    try {
      while (!ended_) {
        while (auto frame = frames_.next()) take(*frame, sink);
        if (!same_clock_ && clock_.now() >= looked_ + kLookEvery) look_at_clock();
        if (!ended_) co_await read_more();
      }
    } catch (const Error& error) {
      health_.died = error.what();
      link_->channel->kill();
    }
    ready_.set();
    if (ended_) co_await see_it_exit();
  }

  void tell_written(std::string_view probe,
                    std::string_view writer,
                    std::vector<std::uint64_t> numbers) override {
    send(encode_written({std::string(probe), std::string(writer), std::move(numbers)}));
  }

  Task<> stop() override {
    send(encode_frame(AgentFrameType::Stop));
    co_return;
  }

 private:
  void send(std::string_view bytes) {
    if (!health_.died.empty()) return;
    link_->outgoing += bytes;
    if (!std::exchange(link_->writing, true)) writes_.spawn(write_all(link_));
  }

  Task<> in_time(Task<> work, Duration limit, std::string_view what) {
    const bool done = co_await with_deadline(clock_, std::move(work), limit);
    if (!done)
      fail("vantage {}: {} passed before the agent {}", vantage(), human_duration(limit), what);
  }

  Task<> read_more() {
    std::string bytes;
    Task<> reading = read_into(*link_->channel, bytes);
    const bool heard = co_await with_deadline(clock_, std::move(reading), kSilence);
    if (!heard) fail("nothing was heard of the agent for {}", human_duration(kSilence));
    if (bytes.empty()) co_await explain_end();
    frames_.add(bytes);
  }

  Task<> explain_end() {
    int code = 0;
    Task<> exit = wait_for_exit(*link_->channel, code);
    const bool exited = co_await with_deadline(clock_, std::move(exit), kExitLimit);
    const std::string said = printable(trim(link_->channel->errors()), 400);
    fail("the agent ended before its time ({}){}{}",
         exited ? fmt::format("exit code {}", code) : "its output was closed",
         said.empty() ? "" : ": ",
         said);
  }

  Task<> read_until(AgentFrameType wanted) {
    for (;;) {
      while (auto frame = frames_.next()) {
        last_payload_ = std::move(frame->payload);
        if (frame->type == wanted) co_return;
        if (frame->type == AgentFrameType::Failed)
          fail("vantage {}: {}", vantage(), printable(last_payload_));
        if (frame->type == AgentFrameType::Health) continue;
        fail("vantage {}: unexpected frame of type {}", vantage(), static_cast<int>(frame->type));
      }
      co_await read_more();
    }
  }

  void take(const AgentFrame& frame, SampleSink& sink) {
    switch (frame.type) {
      case AgentFrameType::Ready:
        return ready_.set();
      case AgentFrameType::Text:
        return take_text(decode_text(frame.payload), sink);
      case AgentFrameType::Samples:
        return take_samples(decode_samples(frame.payload), sink);
      case AgentFrameType::ClockAnswer:
        return take_clock(decode_clock_answer(frame.payload));
      case AgentFrameType::Health:
        return take_health(parse_json(frame.payload, "agent health").as_object());
      case AgentFrameType::Ended:
        ended_ = true;
        return;
      case AgentFrameType::Failed:
        fail("{}", printable(frame.payload));
      default:
        fail("unexpected frame of type {}", static_cast<int>(frame.type));
    }
  }

  void take_text(const TextFrame& frame, SampleSink& sink) {
    if (texts_.size() <= frame.index) texts_.resize(frame.index + 1U, 0);
    texts_[frame.index] = sink.intern(frame.text);
  }

  void take_samples(SamplesFrame frame, SampleSink& sink) {
    if (frame.item >= task_.items.size())
      fail("samples of an unknown probe (number {})", frame.item);
    for (Sample& sample : frame.samples) {
      if (sample.text >= texts_.size())
        fail("a sample names text {}, which was never sent", sample.text);
      sample.text = texts_[sample.text];
      if (!same_clock_) to_runners_clock(sample);
    }
    sink.samples(task_.items[frame.item].probe, task_.vantage, frame.samples);
  }

  void look_at_clock() {
    looked_ = clock_.now();
    send(encode_clock(looked_));
  }

  void take_clock(const ClockAnswer& answer) {
    offset_.add({answer.sent, answer.received, answer.answered, clock_.now()});
    note_clock();
  }

  /// At any time, for a run that may be cut off.
  void note_clock() {
    health_.clock_offset = offset_.latest()->offset;
    health_.clock_bound = std::max(clock_bound_, offset_.latest()->bound);
    health_.clock_steps = offset_.steps();
  }

  /// All instants of a sample move alike, so that its lengths stay what the agent measured.
  void to_runners_clock(Sample& sample) {
    const bool was_sent = sample.sent != Time();
    const auto estimate = offset_.at(was_sent ? sample.sent : sample.done);
    sample.due -= estimate->offset;
    if (was_sent) sample.sent -= estimate->offset;
    sample.done -= estimate->offset;
    clock_bound_ = std::max(clock_bound_, estimate->bound);
  }

  void take_health(const json::object& value) {
    health_ = health_from_json(value);
    health_.vantage = task_.vantage;
    if (!same_clock_) note_clock();
  }

  Task<> see_it_exit() {
    int code = 0;
    Task<> exit = wait_for_exit(*link_->channel, code);
    const bool exited = co_await with_deadline(clock_, std::move(exit), kExitLimit);
    if (!exited) link_->channel->kill();
  }

  Clock& clock_;
  const AgentTask task_;
  const std::shared_ptr<Link> link_;
  AgentFrameReader frames_;
  std::vector<std::uint16_t> texts_{0};  ///< the agent's index -> the sink's
  AgentHealth health_;
  std::string last_payload_;  ///< of the frame that read_until came to
  bool same_clock_ = true;
  ClockOffset offset_;
  Time looked_;             ///< when the agent's clock was last asked for
  Duration clock_bound_{};  ///< the widest of those that samples were moved by
  Happening ready_;
  bool pumping_ = false;
  bool ended_ = false;
  TaskGroup writes_;
};

class RemoteAgents final : public Agents {
 public:
  RemoteAgents(Hosts& hosts, Clock& clock, std::vector<std::string> program)
      : hosts_(hosts),
        clock_(clock),
        program_(std::move(program)),
        run_(fmt::format("{:012x}", entropy() >> 16)) {}

  Task<std::unique_ptr<Agent>> launch(AgentTask task) override {
    auto executor = co_await boost::asio::this_coro::executor;
    if (task.run.empty()) task.run = run_;
    Host& host = hosts_.host(task.host).network();
    std::vector<std::string> program = program_;
    if (program.empty()) program = {host.own_program("muster"), "agent"};
    std::unique_ptr<Channel> channel = co_await host.open_promptly(std::move(program));
    auto agent =
        std::make_unique<RemoteAgent>(executor, clock_, std::move(task), std::move(channel));
    co_await agent->give_task();
    co_return agent;
  }

 private:
  Hosts& hosts_;
  Clock& clock_;
  const std::vector<std::string> program_;
  const std::string run_;
};

}  // namespace

std::vector<AgentTask> agent_tasks(const Playbook& playbook, const Stack& stack) {
  std::vector<AgentTask> tasks;
  for (const ProbeSpec& probe : playbook.probes) {
    const ProbeKind* kind = probe_kind(probe.kind);
    if (kind == nullptr) fail("probe '{}': there is no kind '{}'", probe.name, probe.kind);
    for (ProbePlace& place : kind->places(probe, stack)) {
      AgentTask::Item item;
      item.probe = probe.name;
      item.kind = probe.kind;
      item.rate = probe.rate;
      item.poisson = probe.poisson;
      item.clients = probe.clients;
      item.resolver = std::move(place.resolver);
      item.params = std::move(place.params);
      task_for(tasks, place).items.push_back(std::move(item));
    }
  }
  return tasks;
}

std::unique_ptr<Agents> make_agents(Hosts& hosts, Clock& clock, std::vector<std::string> program) {
  return std::make_unique<RemoteAgents>(hosts, clock, std::move(program));
}

}  // namespace muster
