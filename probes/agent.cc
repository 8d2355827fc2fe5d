// `muster agent`: measures on a vantage's host for one runner, until its input ends.
#include <cstdio>
#include <map>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/tasks.h"
#include "probes/agent_protocol.h"
#include "probes/probe.h"
#include "probes/prober.h"
#include "probes/sample_columns.h"
#include "probes/sender.h"

namespace muster {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr Duration kTick = 50ms;       // how often samples leave
constexpr Duration kHealthEvery = 1s;  // also says that the agent is alive
constexpr std::size_t kMostUnread = 256U << 20U;
constexpr int kRealtimePriority = 10;

/// The texts that samples name, shared by all probes of the agent.
class Texts {
 public:
  /// `frames` receives a Text frame before the first sample that names it.
  std::uint16_t index(std::string_view text, std::string& frames) {
    if (text.empty()) return 0;
    if (const auto known = known_.find(text); known != known_.end()) return known->second;
    if (known_.size() >= UINT16_MAX) return 0;
    const auto index = static_cast<std::uint16_t>(known_.size() + 1);
    known_.emplace(text, index);
    frames += encode_text(index, redactor_.clean(text));
    return index;
  }
  /// The system under test may answer with what it was sent.
  void hide(const Secret& secret) { redactor_.hide(secret); }
  std::string clean(std::string_view text) const { return redactor_.clean(text); }

 private:
  Redactor redactor_;
  std::map<std::string, std::uint16_t, std::less<>> known_;
};

class ItemRecorder final : public Recorder {
 public:
  ItemRecorder(Texts& texts, std::string& frames) : texts_(texts), frames_(frames) {}
  void record(const Sample& sample) override {
    samples_.push_back(sample);
    round_to_microseconds(samples_.back());
  }
  std::uint16_t text(std::string_view text) override { return texts_.index(text, frames_); }

  void flush(std::uint16_t item) {
    if (samples_.empty()) return;
    frames_ += encode_samples(item, samples_);
    samples_.clear();
  }

 private:
  Texts& texts_;
  std::string& frames_;
  std::vector<Sample> samples_;
};

/// One probe at work.
struct Watching {
  Watching(const asio::any_io_executor& executor,
           Clock& clock,
           const AgentTask& task,
           std::size_t index,
           Texts& texts,
           std::string& frames)
      : recorder(texts, frames), watch{executor, clock, task, task.items[index], recorder} {
    const ProbeKind* kind = probe_kind(watch.item.kind);
    if (kind == nullptr)
      fail("probe '{}': this agent knows no kind '{}'", watch.item.probe, watch.item.kind);
    prober = kind->prober(watch);
  }

  ItemRecorder recorder;
  Watch watch;
  std::unique_ptr<Prober> prober;
  std::unique_ptr<Sender> sender;
};

void leave_no_core() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

/// `value` with secrets in the place of their references, in every text below it.
void reveal_secrets(json::value& value, std::vector<Secret>& used) {
  if (value.is_string()) value = with_secrets(value.as_string(), used);
  if (value.is_array())
    for (json::value& item : value.as_array()) reveal_secrets(item, used);
  if (value.is_object())
    for (auto& [key, member] : value.as_object()) reveal_secrets(member, used);
}

Pacer pacer_of(const AgentTask::Item& item, Time start) {
  return item.poisson ? Pacer::poisson(start, item.rate, Random(entropy()))
                      : Pacer::even(start, item.rate);
}

class AgentProcess {
 public:
  AgentProcess(asio::io_context& loop, bool realtime)
      : loop_(loop),
        input_(loop, ::dup(STDIN_FILENO)),
        output_(loop, ::dup(STDOUT_FILENO)),
        wake_(loop) {
    health_.realtime = realtime;
  }

  Task<> run() {
    TaskGroup group(loop_.get_executor());
    group.spawn(serve(group));
    group.spawn(report());
    co_await group.join();
  }

 private:
  Task<> serve(TaskGroup& group) {
    AgentFrameReader frames;
    std::string buffer(1U << 16U, '\0');
    for (;;) {
      auto target = asio::buffer(buffer);
      auto [error, count] =
          co_await input_.async_read_some(target, asio::as_tuple(asio::use_awaitable));
      if (error) break;
      heard_ = clock_.now();
      frames.add(std::string_view(buffer.data(), count));
      while (auto frame = frames.next()) handle(*frame, group);
    }
    loop_.stop();  // nobody is interested any more
  }

  void handle(const AgentFrame& frame, TaskGroup& group) {
    switch (frame.type) {
      case AgentFrameType::Task:
        if (take_task(frame.payload)) group.spawn(prepare());
        return;
      case AgentFrameType::Start:
        return begin(start_of(frame.payload));
      case AgentFrameType::Written:
        return written(decode_written(frame.payload));
      case AgentFrameType::Stop:
        return group.spawn(finish());
      case AgentFrameType::Clock:
        return answer_clock(decode_clock(frame.payload));
      default:
        fail("a runner does not send frames of type {}", static_cast<int>(frame.type));
    }
  }

  static Time start_of(const std::string& payload) {
    return Time(duration_at(parse_json(payload, "start").as_object(), "at"));
  }

  bool take_task(const std::string& payload) {
    try {
      task_ = task_from_json(parse_json(payload, "task").as_object());
      reveal_secrets();
      for (std::size_t i = 0; i < task_.items.size(); ++i) {
        watching_.push_back(
            std::make_unique<Watching>(loop_.get_executor(), clock_, task_, i, texts_, outgoing_));
      }
      return true;
    } catch (const Error& error) {
      send(AgentFrameType::Failed, texts_.clean(error.what()));
      return false;
    }
  }

  /// The runner and everything it writes know only where a secret is to be found.
  void reveal_secrets() {
    std::vector<Secret> used;
    for (AgentTask::Item& item : task_.items)
      for (auto& [key, value] : item.params) muster::reveal_secrets(value, used);
    for (const Secret& secret : used) texts_.hide(secret);
    if (!used.empty()) leave_no_core();
  }

  /// Addresses are looked up and connections opened before the runner names the start: what is due
  /// first must not be late.
  Task<> prepare() {
    TaskGroup preparing(loop_.get_executor());
    for (const auto& watching : watching_) preparing.spawn(watching->prober->prepare());
    co_await preparing.join();
    const json::object hello = {
        {"version", MUSTER_VERSION}, {"realtime", health_.realtime}, {"clock", own_clock_name()}};
    send(AgentFrameType::Hello, compact_json(hello));
  }

  void begin(Time at) {
    health_.longest_hiccup = {};  // preparing is busy, and makes no request late
    for (const auto& watching : watching_) {
      watching->sender = std::make_unique<Sender>(
          watching->watch, *watching->prober, pacer_of(watching->watch.item, at), tally_);
      watching->sender->start();
    }
    send(AgentFrameType::Ready);
  }

  void answer_clock(Time sent) {
    outgoing_ += encode_clock_answer({sent, heard_, clock_.now()});
    wake_.cancel();
  }

  void written(const WrittenFrame& frame) {
    for (const auto& watching : watching_) {
      if (watching->watch.item.probe == frame.probe)
        watching->prober->written(frame.writer, frame.numbers);
    }
  }

  Task<> finish() {
    TaskGroup settling(loop_.get_executor());
    for (const auto& watching : watching_) settling.spawn(settle(*watching));
    co_await settling.join();
    ended_ = true;
    wake_.cancel();
  }

  Task<> settle(Watching& watching) {
    if (watching.sender) {
      watching.sender->stop(clock_.now());
      while (!watching.sender->ended()) co_await clock_.sleep_for(1ms);
    }
    co_await watching.prober->settle();
  }

  void send(AgentFrameType type, std::string_view payload = {}) {
    outgoing_ += encode_frame(type, payload);
    wake_.cancel();
  }

  // The only writer of the output. Its own lateness is what the machine did to this process.
  Task<> report() {
    Time health_due = clock_.now() + kHealthEvery;
    for (bool last = false; !last;) {
      const Time due = clock_.now() + kTick;
      wake_.expires_at(asio::steady_timer::time_point(due.time_since_epoch()));
      auto [cancelled] = co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
      const Time now = clock_.now();
      if (!cancelled) health_.longest_hiccup = std::max(health_.longest_hiccup, now - due);
      last = ended_;
      for (std::size_t i = 0; i < watching_.size(); ++i) {
        watching_[i]->recorder.flush(static_cast<std::uint16_t>(i));
      }
      if (last || now >= health_due) {
        outgoing_ += encode_frame(AgentFrameType::Health, compact_json(health_to_json(health())));
        health_due = now + kHealthEvery;
      }
      if (last) outgoing_ += encode_frame(AgentFrameType::Ended);
      co_await write_out();
    }
    loop_.stop();
  }

  Task<> write_out() {
    if (outgoing_.size() > kMostUnread) fail("the runner has not read for too long");
    const std::string bytes = std::exchange(outgoing_, {});
    auto buffer = asio::buffer(bytes);
    auto [error, count] =
        co_await asio::async_write(output_, buffer, asio::as_tuple(asio::use_awaitable));
    if (error) loop_.stop();
  }

  AgentHealth health() const {
    AgentHealth now = health_;
    now.due = tally_.due;
    now.sent = tally_.sent;
    now.not_sent = tally_.not_sent;
    now.send_lag_p50 = tally_.lag.quantile(0.5);
    now.send_lag_p99 = tally_.lag.quantile(0.99);
    now.send_lag_max = tally_.lag.max();
    return now;
  }

  asio::io_context& loop_;
  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::steady_timer wake_;
  SystemClock clock_;
  Time heard_;  ///< when the latest of the input came
  AgentTask task_;
  Texts texts_;
  std::string outgoing_;
  SendTally tally_;
  AgentHealth health_;
  std::vector<std::unique_ptr<Watching>> watching_;
  bool ended_ = false;
};

/// Sending on time is the one thing an agent is for. What it starts itself does not inherit it.
bool try_realtime() {
  sched_param parameters{};
  parameters.sched_priority = kRealtimePriority;
  return ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0;
}

void allow_many_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int run_agent() {
  ::signal(SIGPIPE, SIG_IGN);
  allow_many_connections();
  asio::io_context loop(1);
  AgentProcess agent(loop, try_realtime());
  std::exception_ptr error;
  asio::co_spawn(loop, agent.run(), [&](std::exception_ptr ended) {
    error = ended;
    loop.stop();
  });
  loop.run();
  if (error) std::rethrow_exception(error);
  return 0;
}

}  // namespace muster
