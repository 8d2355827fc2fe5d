#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "faults/guard.h"
#include "faults/guard/protocol.h"
#include "faults/undone_report.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr Duration kAnswerMargin = std::chrono::seconds(10);
constexpr Duration kArmWithin = std::chrono::seconds(30);
constexpr Duration kEagerBeat = std::chrono::milliseconds(250);
constexpr Duration kLastWordWithin = std::chrono::seconds(5);  // of a guard that was silent

PlainOperation plain(const Operation& operation) {
  return {operation.kind,
          operation.args,
          operation.input,
          operation.contains,
          operation.lacks,
          operation.timeout.count()};
}

/// Of a target that is told apart by how it is reached: two stacks may call it what they like.
PlainChange plain(const Change& change, const Host& host) {
  return {change.id,
          change.kind,
          change.what,
          host.reach(),
          change.resource,
          change.process,
          plain(change.apply),
          plain(change.verify),
          plain(change.undo),
          plain(change.verify_undone),
          change.verify_within.count(),
          change.undone_within.count(),
          change.deadline.count(),
          change.lease.count()};
}

Time time_of(std::int64_t nanoseconds) {
  return Time(Duration(nanoseconds));
}

/// What to add to the instants of an answer. The clock of another machine is another one; but what
/// it did, it did after it was asked and before it was heard of, which leaves room for no more than
/// the way there and back. Half of that is the error.
Duration shift_of_clock(Time asked, Time heard, std::int64_t began, std::int64_t observed) {
  const Duration least = asked - time_of(began);
  const Duration most = heard - time_of(observed);
  const bool same_clock = least <= Duration::zero() && Duration::zero() <= most;
  return same_clock ? Duration::zero() : least + (most - least) / 2;
}

Undone::State state_from(std::string_view name) {
  using State = Undone::State;
  for (const State each : {State::Clean, State::CleanByGuard, State::TargetGone, State::Conflict}) {
    if (name_of(each) == name) return each;
  }
  return State::Unknown;
}

Undone from_report(const UndoneReport& report, Duration shift) {
  Undone undone;
  undone.state = state_from(report.state);
  undone.began = time_of(report.began) + shift;
  undone.ended = time_of(report.ended) + shift;
  undone.observed = time_of(report.observed) + shift;
  undone.evidence = printable(report.evidence);
  if (undone.state == Undone::State::CleanByGuard)
    undone.evidence += " (" + printable(report.cause) + ")";
  for (const std::string& line : report.residue) undone.residue.push_back(printable(line));
  return undone;
}

/// Nobody can say how the target is.
Undone unknown(const Change& change, std::string why) {
  Undone undone;
  undone.residue.push_back(
      fmt::format("on {}: {}: may still be in force ({})", change.host, change.what, why));
  undone.evidence = std::move(why);
  return undone;
}

Duration longest_inject(const Change& change) {
  return change.apply.timeout + change.verify_within + change.verify.timeout;
}

Duration longest_undo(const Change& change) {
  return change.undo.timeout + change.undone_within + 2 * change.verify_undone.timeout +
         kAnswerMargin;
}

/// Where the guard of this change runs.
Host& side_of(Hosts& hosts, const Change& change) {
  Host& host = hosts.host(change.host);
  return change.on_network ? host.network() : host;
}

/// What is shared by the owner of a guard and the tasks that talk to it.
struct Conversation {
  Conversation(const asio::any_io_executor& executor, Clock& the_clock, Change the_change)
      : clock(the_clock),
        change(std::move(the_change)),
        armed(executor),
        active(executor),
        over(executor),
        lost(executor),
        asked(clock.now()) {}

  Clock& clock;
  Change change;
  std::unique_ptr<Channel> channel;
  FrameReader frames;
  Happening armed;                ///< or lost
  Happening active;               ///< or lost
  Happening over;                 ///< `undone` or `refusal` is set
  Happening lost;                 ///< over, or silent
  Duration unanswered{};          ///< time of heartbeats since the guard was heard of
  Duration busy{};                ///< how long it may say nothing while it does what it was told
  Time asked;                     ///< for what the next report tells
  std::optional<Duration> shift;  ///< of the guard's clock to ours
  std::optional<Applied> applied;
  std::optional<Undone> undone;
  std::string refusal;
  std::string failure;
  bool died = false;  ///< the guard ended without a last word

  void take(const Frame& frame);
  Duration shift_for(std::int64_t began, std::int64_t observed);
  void take_all(std::string_view bytes);
  bool silent() const { return lost.is_set() && !over.is_set(); }
  void finish();
  void stop_waiting();
};

Duration Conversation::shift_for(std::int64_t began, std::int64_t observed) {
  if (!shift) shift = shift_of_clock(asked, clock.now(), began, observed);
  return *shift;
}

void Conversation::take(const Frame& frame) {
  unanswered = Duration::zero();
  switch (frame.type) {
    case FrameType::Alive:
      break;
    case FrameType::Armed:
      armed.set();
      break;
    case FrameType::Active: {
      const ActiveReport report = from_frame<ActiveReport>(frame);
      const Duration by = shift_for(report.began, report.observed);
      applied = Applied{time_of(report.began) + by,
                        time_of(report.ended) + by,
                        time_of(report.observed) + by,
                        printable(report.evidence)};
      busy = Duration::zero();
      active.set();
      break;
    }
    case FrameType::Failed:
      failure = printable(frame.fields.empty() ? "" : frame.fields[0]);
      break;
    case FrameType::Refused:
      refusal = printable(frame.fields.empty() ? "refused" : frame.fields[0]);
      break;
    case FrameType::Undone: {
      const UndoneReport report = from_frame<UndoneReport>(frame);
      undone = from_report(report, shift_for(report.began, report.observed));
      break;
    }
    default:
      throw ProtocolError("a guard sent a frame that only a runner sends");
  }
  if (!refusal.empty() || undone) finish();
}

void Conversation::take_all(std::string_view bytes) {
  frames.add(bytes);
  Frame frame;
  while (!over.is_set() && frames.next(frame)) take(frame);
}

void Conversation::finish() {
  over.set();
  stop_waiting();
}

void Conversation::stop_waiting() {
  lost.set();
  armed.set();
  active.set();
}

void note_death(Conversation& talk, const std::string& why) {
  if (talk.over.is_set()) return;
  const std::string errors = printable(trim(talk.channel->errors()));
  talk.died = true;
  talk.undone = unknown(talk.change, errors.empty() ? why : why + ": " + errors);
  talk.finish();
}

Task<> listen(std::shared_ptr<Conversation> talk) {
  for (;;) {
    const std::string bytes = co_await talk->channel->read();
    try {
      if (!bytes.empty()) talk->take_all(bytes);
    } catch (const ProtocolError& error) {
      note_death(*talk, error.what());
    }
    if (bytes.empty()) note_death(*talk, "the guard ended without a word");
    if (talk->over.is_set()) co_return;
  }
}

/// False where the guard is gone; the listener then knows more.
Task<bool> try_send(std::shared_ptr<Conversation> talk, std::string bytes) {
  try {
    co_await talk->channel->write(std::move(bytes));
    co_return true;
  } catch (const Error&) {
    co_return false;
  }
}

/// Until the guard is lost: a guard that answers no heartbeat for a lease is.
Task<> beat(std::shared_ptr<Conversation> talk) {
  const Duration every = talk->change.lease / 4;
  bool sent = true;
  while (sent && !talk->lost.is_set()) {
    // While a change waits to be seen, our own packets may be what it is seen by (own_channel.h).
    const Duration pause = talk->active.is_set() ? every : std::min(every, kEagerBeat);
    co_await talk->clock.sleep_for(pause);
    // Counted, not read off a clock: a runner that was stopped itself has heard nothing either.
    talk->unanswered += pause;
    if (talk->unanswered >= talk->change.lease + talk->busy) talk->stop_waiting();
    std::string heartbeat = encode({FrameType::Heartbeat, {}});
    if (!talk->lost.is_set()) sent = co_await try_send(talk, std::move(heartbeat));
  }
}

/// True if `happening` came within `limit`.
Task<bool> wait_for(Clock& clock, Happening& happening, Duration limit) {
  Task<> happened = happening.wait();
  co_return co_await with_deadline(clock, std::move(happened), limit);
}

Task<Undone> ask_to_recover(Host& host, std::shared_ptr<Conversation> talk, std::string order) {
  auto executor = co_await asio::this_coro::executor;
  talk->channel = co_await host.open_guard("recover");
  TaskGroup tasks(executor);
  co_await talk->channel->write(std::move(order));
  tasks.spawn(listen(talk));
  // The lock may first have to be given back by a guard that is alive and undoes.
  const Duration limit = 2 * longest_undo(talk->change) + talk->change.apply.timeout;
  const bool answered = co_await wait_for(talk->clock, talk->over, limit);
  co_await tasks.stop();
  if (!answered) co_return unknown(talk->change, "recover did not answer");
  if (!talk->refusal.empty()) co_return unknown(talk->change, talk->refusal);
  co_return *talk->undone;
}

Task<Undone> recover_on(
    Hosts& hosts, Clock& clock, std::string run_id, std::int64_t epoch, Change change) {
  auto executor = co_await asio::this_coro::executor;
  auto talk = std::make_shared<Conversation>(executor, clock, change);
  std::string why;
  try {
    Host& host = side_of(hosts, change);
    std::string order =
        encode(to_frame(FrameType::Recover, Order{run_id, epoch, plain(change, host)}));
    co_return co_await ask_to_recover(host, talk, std::move(order));
  } catch (const Error& error) {
    why = error.what();
  }
  co_return unknown(change, why);
}

class GuardClient final : public Guard {
 public:
  GuardClient(Hosts& hosts,
              std::string run_id,
              std::int64_t epoch,
              std::shared_ptr<Conversation> talk,
              const asio::any_io_executor& executor)
      : hosts_(hosts),
        run_id_(std::move(run_id)),
        epoch_(epoch),
        talk_(std::move(talk)),
        tasks_(executor) {
    tasks_.spawn(listen(talk_));
  }
  GuardClient(const GuardClient&) = delete;
  GuardClient& operator=(const GuardClient&) = delete;
  ~GuardClient() override { talk_->channel->close_input(); }

  const Change& change() const override { return talk_->change; }

  Task<> arm(std::string order) {
    if (!co_await try_send(talk_, std::move(order)))
      note_death(*talk_, "the guard could not be reached");
    const bool answered = co_await wait_for(talk_->clock, talk_->armed, kArmWithin);
    if (!answered) fail("on {}: the guard does not answer", change().host);
    if (!talk_->refusal.empty())
      throw Refused(fmt::format("on {}: {}", change().host, talk_->refusal));
    if (talk_->undone) fail("on {}: {}", change().host, talk_->undone->evidence);
    tasks_.spawn(beat(talk_));
  }

  Task<Applied> inject() override {
    std::string order = encode({FrameType::Inject, {}});
    talk_->asked = talk_->clock.now();
    talk_->busy = longest_inject(change());
    co_await try_send(talk_, std::move(order));
    const bool answered = co_await wait_for(
        talk_->clock, talk_->active, longest_inject(change()) + longest_undo(change()));
    if (talk_->applied) co_return *talk_->applied;
    if (!answered || talk_->silent())
      fail("on {}: {}: the guard does not answer", change().host, change().what);
    const Undone& undone = *talk_->undone;
    const std::string cause = talk_->failure.empty() ? undone.evidence : talk_->failure;
    if (undone.clean())
      fail("on {}: {}: {}; it has been undone", change().host, change().what, cause);
    fail("on {}: {}: {}; and it could not be undone: {}",
         change().host,
         change().what,
         cause,
         undone.evidence);
  }

  Task<Undone> undo() override {
    std::string order = encode({FrameType::Undo, {}});
    const bool ended_by_itself = talk_->over.is_set();
    if (!ended_by_itself) co_await try_send(talk_, std::move(order));
    const Duration limit =
        talk_->silent() ? kLastWordWithin : longest_inject(change()) + longest_undo(change());
    const bool answered = co_await wait_for(talk_->clock, talk_->over, limit);
    if (!answered) talk_->channel->close_input();
    // What a guard could not see when it ended by itself may be seen by now.
    const bool is_last_word = answered && !talk_->died && !ended_by_itself;
    if (is_last_word || (answered && talk_->undone->clean())) co_return *talk_->undone;
    co_return co_await recover_on(hosts_, talk_->clock, run_id_, epoch_, talk_->change);
  }

  Task<Undone> lost() override {
    auto talk = talk_;
    co_await talk->lost.wait();
    if (!talk->silent()) co_return *talk->undone;
    co_return unknown(talk->change,
                      fmt::format("the guard was silent for its whole lease of {}",
                                  format_duration(talk->change.lease)));
  }

 private:
  Hosts& hosts_;
  std::string run_id_;
  std::int64_t epoch_;
  std::shared_ptr<Conversation> talk_;
  TaskGroup tasks_;
};

class HostGuards final : public Guards {
 public:
  HostGuards(Hosts& hosts, Clock& clock, std::string run_id)
      : hosts_(hosts),
        clock_(clock),
        run_id_(std::move(run_id)),
        epoch_(std::chrono::floor<std::chrono::milliseconds>(clock.utc_now())
                   .time_since_epoch()
                   .count()) {}

  Task<std::unique_ptr<Guard>> arm(Change change) override {
    auto executor = co_await asio::this_coro::executor;
    Host& host = side_of(hosts_, change);
    std::string order =
        encode(to_frame(FrameType::Arm, Order{run_id_, epoch_, plain(change, host)}));
    auto talk = std::make_shared<Conversation>(executor, clock_, std::move(change));
    talk->channel = co_await host.open_guard("serve");
    auto guard = std::make_unique<GuardClient>(hosts_, run_id_, epoch_, std::move(talk), executor);
    co_await guard->arm(std::move(order));
    co_return guard;
  }

  Task<Undone> recover(Change change) override {
    return recover_on(hosts_, clock_, run_id_, epoch_, std::move(change));
  }

 private:
  Hosts& hosts_;
  Clock& clock_;
  std::string run_id_;
  std::int64_t epoch_;  ///< a run that starts later has a higher one
};

}  // namespace

std::string_view name_of(Undone::State state) {
  switch (state) {
    case Undone::State::Clean:
      return "clean";
    case Undone::State::CleanByGuard:
      return "clean-by-guard";
    case Undone::State::TargetGone:
      return "target-gone";
    case Undone::State::Conflict:
      return "conflict";
    case Undone::State::Unknown:
      break;
  }
  return "unknown";
}

std::unique_ptr<Guards> make_guards(Hosts& hosts, Clock& clock, std::string run_id) {
  return std::make_unique<HostGuards>(hosts, clock, std::move(run_id));
}

}  // namespace muster
