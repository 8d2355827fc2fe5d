// Asks an agent what time it is, over and over, and prints where its clock stands against ours, in
// nanoseconds, by each answer alone and by all so far, so that a truth that is known from elsewhere
// can be held against both:
//
//   alone -39871234 41002345
//   together -120345 88123
//
//   clock_exchanges COUNT EVERY_MS PROGRAM [WORD ...]
//
// The program is `muster agent`, wherever it runs, with its stdin and stdout.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "probes/agent_protocol.h"
#include "probes/clock_offset.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

class AgentClock {
 public:
  AgentClock(Clock& clock, std::unique_ptr<Channel> channel)
      : clock_(clock), channel_(std::move(channel)) {}

  Task<> prepare() {
    AgentTask task;
    task.run = task.vantage = task.host = "clock";
    std::string frame = encode_frame(AgentFrameType::Task, compact_json(task_to_json(task)));
    co_await channel_->write(std::move(frame));
    co_await read_until(AgentFrameType::Hello);
  }

  Task<> ask() {
    const Time sent = clock_.now();
    std::string question = encode_clock(sent);
    co_await channel_->write(std::move(question));
    co_await read_until(AgentFrameType::ClockAnswer);
    const Time heard = clock_.now();
    const ClockAnswer answer = decode_clock_answer(payload_);
    known_.add({answer.sent, answer.received, answer.answered, heard});
    say("alone", answer.answered - heard, answer.received - answer.sent);
    const ClockOffset::Estimate all = *known_.latest();
    say("together", all.offset - all.bound, all.offset + all.bound);
    if (known_.steps() > 0) fail("an answer contradicts those before it");
  }

  Task<> leave() {
    channel_->close_input();
    co_await channel_->wait();
  }

 private:
  static void say(const char* what, Duration lo, Duration hi) {
    std::printf("%s %lld %lld\n",
                what,
                static_cast<long long>(lo.count()),
                static_cast<long long>(hi.count()));
  }

  Task<> read_until(AgentFrameType wanted) {
    for (;;) {
      while (auto frame = frames_.next()) {
        payload_ = std::move(frame->payload);
        if (frame->type == wanted) co_return;
        if (frame->type != AgentFrameType::Health)
          fail("unexpected frame of type {}", static_cast<int>(frame->type));
      }
      const std::string bytes = co_await channel_->read();
      if (bytes.empty()) fail("the agent ended: {}", channel_->errors());
      frames_.add(bytes);
    }
  }

  Clock& clock_;
  std::unique_ptr<Channel> channel_;
  AgentFrameReader frames_;
  std::string payload_;
  ClockOffset known_;
};

Task<> ask_all(int count, Duration every, std::vector<std::string> program) {
  SystemClock clock;
  const auto here = make_host("here", "this machine", {});
  std::unique_ptr<Channel> channel = co_await here->open(std::move(program));
  AgentClock agent(clock, std::move(channel));
  co_await agent.prepare();
  for (int asked = 0; asked < count; ++asked) {
    co_await agent.ask();
    co_await clock.sleep_for(every);
  }
  co_await agent.leave();
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    std::fprintf(stderr, "clock_exchanges COUNT EVERY_MS PROGRAM [WORD ...]\n");
    return 2;
  }
  boost::asio::io_context loop(1);
  std::exception_ptr error;
  boost::asio::co_spawn(loop,
                        ask_all(std::atoi(words[1]),
                                std::atoi(words[2]) * 1ms,
                                std::vector<std::string>(words + 3, words + count)),
                        [&](std::exception_ptr ended) {
                          error = ended;
                          loop.stop();
                        });
  loop.run();
  try {
    if (error) std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "clock_exchanges: %s\n", failure.what());
    return 1;
  }
  return 0;
}
