// The guard as docs/guard.md describes it, as a model: what it says is framed by the real protocol,
// and what it waits for, locks, writes down and looks at comes in the order of faults/guard.
#include "base/error.h"
#include "faults/undone_report.h"
#include "test/runner/sim_machine.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr Duration kLookEvery = 50ms;
constexpr Duration kLongestLook = 100ms;
constexpr Duration kLongestProgram = 800ms;  ///< apply and undo; their timeout is longer
constexpr Duration kSlowProgram = 1500ms;
constexpr Duration kUndoAgainAfter = 3s;
constexpr Duration kSecondsMargin = 1s;

enum class Event {
  None,
  Inject,
  Undo,
  EndOfInput,
  Garbage,
  Terminated,
  LeaseOver,
  DeadlineOver,
  SecondGuardEnded
};

std::string_view text_of(Event event) {
  constexpr std::string_view kTexts[] = {"nothing",
                                         "a second order to inject",
                                         "asked to",
                                         "the runner is gone (end of input)",
                                         "the runner sent what is no frame",
                                         "told to by a signal",
                                         "the runner was silent for the whole lease",
                                         "the hard deadline was reached",
                                         "the second guard has ended"};
  return kTexts[static_cast<std::size_t>(event)];
}

/// All that reaches a guard from outside.
class Control {
 public:
  Control(SimMachine& machine, SimProcess& self, std::shared_ptr<SimLine> line)
      : machine_(machine), self_(self), line_(std::move(line)) {
    line_->wake(SimLine::End::Guard, &self_.bell);
  }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control() {
    line_->wake(SimLine::End::Guard, nullptr);
    line_->close(SimLine::End::Runner);
  }

  /// The first frame; nothing where the input ended before, or was none.
  Task<std::optional<Frame>> first_frame() {
    for (;;) {
      Frame frame;
      bool invalid = false;
      try {
        if (frames_.next(frame)) co_return frame;
      } catch (const ProtocolError&) {
        invalid = true;
      }
      if (invalid) co_return std::nullopt;
      if (auto bytes = line_->receive(SimLine::End::Guard)) {
        if (bytes->empty()) co_return std::nullopt;
        frames_.add(*bytes);
        continue;
      }
      const Time next = line_->next_arrival(SimLine::End::Guard);
      co_await machine_.wait(self_, next);
    }
  }

  void start_clock(SimLimits& limits, SimProcess* second) {
    limits_ = &limits;
    limits.armed = limits.heard = machine_.clock.now();
    second_ = second;
  }

  Task<Event> wait(Duration limit) {
    const Time until = limit == Duration::max() ? Time::max() : machine_.clock.now() + limit;
    for (;;) {
      const Time now = machine_.clock.now();
      if (now >= deadline()) co_return Event::DeadlineOver;
      if (const Event event = take_frames(); event != Event::None) co_return event;
      if (auto bytes = input_open_ ? line_->receive(SimLine::End::Guard) : std::nullopt) {
        input_open_ = !bytes->empty();
        if (!input_open_) limits_->end_of_input = now;
        if (!input_open_ && machine_.defect != SimDefect::GuardIgnoresEnd)
          co_return Event::EndOfInput;
        frames_.add(*bytes);
        continue;
      }
      if (self_.asked_to_end) co_return Event::Terminated;
      if (second_ != nullptr && !second_->alive) co_return Event::SecondGuardEnded;
      if (now >= lease_end()) co_return Event::LeaseOver;
      if (now >= until) co_return Event::None;
      const Time arrival = input_open_ ? line_->next_arrival(SimLine::End::Guard) : Time::max();
      const Time next = std::min({until, deadline(), lease_end(), arrival});
      co_await machine_.wait(self_, next);
    }
  }

  void send(const Frame& frame) { line_->send(SimLine::End::Runner, encode(frame)); }

 private:
  Time deadline() const {
    return machine_.defect == SimDefect::GuardIgnoresDeadline ? Time::max()
                                                              : *limits_->armed + limits_->deadline;
  }
  Time lease_end() const {
    return machine_.defect == SimDefect::GuardIgnoresLease ? Time::max()
                                                           : limits_->heard + limits_->lease;
  }

  Event take_frames() {
    Frame frame;
    try {
      while (frames_.next(frame)) {
        if (frame.type == FrameType::Inject) return Event::Inject;
        if (frame.type == FrameType::Undo) return Event::Undo;
        if (frame.type != FrameType::Heartbeat) return Event::Garbage;
        limits_->heard = machine_.clock.now();
        send({FrameType::Alive, {}});
      }
    } catch (const ProtocolError&) {
      return Event::Garbage;
    }
    return Event::None;
  }

  SimMachine& machine_;
  SimProcess& self_;
  std::shared_ptr<SimLine> line_;
  FrameReader frames_;
  bool input_open_ = true;
  SimLimits* limits_ = nullptr;
  SimProcess* second_ = nullptr;
};

UndoneReport report_of(SimMachine& machine, SimStage stage, std::string cause, std::string saw) {
  UndoneReport report;
  report.state = name_of(stage);
  report.cause = std::move(cause);
  report.began = report.ended = report.observed = machine.clock.now().time_since_epoch().count();
  report.evidence = std::move(saw);
  if (!is_clean(stage)) report.residue.push_back(report.evidence);
  return report;
}

void set_stage(SimMachine& machine, SimRecord& record, SimStage stage) {
  record.stage = stage;
  machine.note(fmt::format("{}: {}", record.order.change.id, name_of(stage)));
}

/// Undoes until it was seen gone, twice.
Task<SimStage> undo_and_observe(SimMachine& machine,
                                SimProcess& self,
                                SimRecord& record,
                                SimStage clean) {
  const PlainChange& change = record.order.change;
  auto done = SimMachine::Undo::Failed;
  Time last_undo = machine.clock.now();
  const Time until = last_undo + Duration(change.undone_within);
  int seen_gone = 0;
  for (bool first = true;; first = false) {
    const bool again = done == SimMachine::Undo::Failed || seen_gone > 0 ||
                       machine.clock.now() >= last_undo + kUndoAgainAfter;
    if (first || (machine.in_force(change) && again)) {
      const Duration before = machine.some(kLongestProgram / 2);
      co_await machine.spend(self, before);
      done = machine.undo(change);
      const Duration after = machine.some(kLongestProgram / 2);
      co_await machine.spend(self, after);
      last_undo = machine.clock.now();
    }
    if (first) set_stage(machine, record, SimStage::Undoing);
    if (done == SimMachine::Undo::Conflict) co_return SimStage::Conflict;
    const Duration look = machine.some(kLongestLook);
    co_await machine.spend(self, look);
    const bool gone = !machine.in_force(change) || machine.defect == SimDefect::UndoIsNotLookedAt;
    seen_gone = gone ? seen_gone + 1 : 0;
    if (seen_gone == 2) co_return clean;
    if (!gone && machine.clock.now() >= until) co_return SimStage::Unknown;
    co_await machine.spend(self, kLookEvery);
  }
}

/// A program that makes the change; it may go on when its guard is killed, and longer.
Task<> apply_program(SimMachine& machine, SimProcess& self, PlainChange change) {
  const bool is_slow = machine.happens(0.1);
  const Duration before = machine.some(is_slow ? kSlowProgram : kLongestProgram / 2);
  const Duration after = machine.some(kLongestProgram / 2);
  co_await machine.spend(self, before);
  machine.apply(change);
  co_await machine.spend(self, after);
}

/// What follows under the lock, by whoever undoes after a guard.
Task<UndoneReport> undo_recorded(
    SimMachine& machine, SimProcess& self, Order order, SimStage clean, std::string cause) {
  SimRecord* const record = machine.record(order);
  if (record == nullptr)  // nothing was applied: the record comes first
    co_return report_of(machine, SimStage::Clean, cause, "no record of it here");
  if (is_clean(record->stage)) co_return report_of(machine, record->stage, cause, "undone before");
  if (record->stage == SimStage::Armed) {
    set_stage(machine, *record, clean);
    co_return report_of(machine, clean, cause, "it had not been applied");
  }
  const bool waits = machine.defect != SimDefect::ApplyOutlivesItsRecord;
  const Time until = machine.clock.now() + Duration(order.change.apply.timeout);
  while (waits && record->applying != nullptr && record->applying->alive &&
         machine.clock.now() < until) {
    const Time next = std::min(until, machine.clock.now() + kLookEvery);
    co_await machine.wait(self, next);
  }
  const SimStage stage = co_await undo_and_observe(machine, self, *record, clean);
  set_stage(machine, *record, stage);
  co_return report_of(machine, stage, cause, std::string(name_of(stage)));
}

/// Nothing where somebody else keeps it, or has undone.
Task<bool> wait_for_lock(SimMachine& machine, SimProcess& self, Order order) {
  const PlainChange& change = order.change;
  const Time until = machine.clock.now() +
                     Duration(change.apply.timeout + change.undo.timeout + change.undone_within) +
                     5s;
  for (;;) {
    if (machine.take_lock(self, change.resource)) co_return true;
    const SimRecord* const record = machine.record(order);
    if (record != nullptr && is_clean(record->stage)) co_return false;
    if (record != nullptr && record->guard->alive) {
      record->guard->asked_to_end = true;
      record->guard->bell.ring();
    }
    if (machine.clock.now() >= until) co_return false;
    const Time next = machine.clock.now() + kLookEvery;
    co_await machine.wait(self, next);
  }
}

/// The life of the second guard.
Task<> watch_first(SimMachine& machine, SimProcess& self, SimProcess& first, Order order) {
  const PlainChange& change = order.change;
  const Time deadline = machine.clock.now() + Duration(change.deadline);
  const Duration longest_undo =
      Duration(2 * change.undo.timeout + change.undone_within + change.verify_undone.timeout);
  bool hung = false;
  while (first.alive && !hung) {
    Time next = deadline + longest_undo + kSecondsMargin;
    // A stopped guard hears neither its runner nor its clocks.
    if (first.stopped_at) {
      const Time silent = *first.stopped_at + Duration(change.lease);
      next = std::min(next, std::min(silent, deadline) + kSecondsMargin);
    }
    hung = machine.clock.now() >= next;
    if (!hung) co_await machine.wait(self, next);
  }
  if (hung) machine.kill(first);
  while (first.alive) co_await machine.wait(self, Time::max());
  const SimRecord* const record = machine.record(order);
  const bool in_question =
      record != nullptr && record->guard == &first && record->stage <= SimStage::Undoing;
  if (!in_question || machine.defect == SimDefect::SecondGuardSleeps) co_return;
  ++machine.counts["undone by a second guard"];
  if (!co_await wait_for_lock(machine, self, order)) co_return;
  co_await undo_recorded(machine, self, order, SimStage::CleanByGuard, "by the second guard");
}

/// `muster-guard serve`: one change.
class Session {
 public:
  Session(SimMachine& machine, SimProcess& self, std::shared_ptr<SimLine> line)
      : machine_(machine), self_(self), control_(machine, self, std::move(line)) {}

  Task<> run() {
    const std::optional<Frame> first = co_await control_.first_frame();
    std::string refusal;
    try {
      if (!first || first->type != FrameType::Arm)
        throw ProtocolError("the first frame is no order");
      order_ = from_frame<Order>(*first);
    } catch (const ProtocolError& error) {
      refusal = error.what();
    }
    if (refusal.empty()) refusal = co_await arm();
    if (!refusal.empty()) {
      machine_.note(self_.name + " refuses: " + refusal);
      control_.send({FrameType::Refused, {refusal}});
      co_return;
    }
    Event event = co_await control_.wait(Duration::max());
    // A runner that died just after it gave the order gets nothing injected.
    if (event == Event::Inject) event = co_await control_.wait(0s);
    if (event != Event::None)
      close_unused(event);
    else
      co_await inject();
  }

 private:
  const PlainChange& change() const { return order_.change; }

  /// Why it cannot be.
  Task<std::string> arm() {
    SimMachine& machine = machine_;
    if (machine.happens(machine.storm.refused)) co_return "not allowed here";
    start_second();
    if (!machine.take_lock(self_, change().resource)) co_return "held by another";
    for (const auto& [id, record] : machine.records) {
      const bool same = record.order.change.resource == change().resource;
      if (same && !is_clean(record.stage)) co_return "an earlier change is not clean here";
    }
    std::int64_t& highest = machine.epochs[change().resource];
    if (order_.epoch < highest) co_return "a later run has taken over this resource";
    highest = order_.epoch;
    const Duration takes = machine.some(kLongestLook);
    co_await machine.spend(self_, takes);
    record_ = &machine.records[change().id];
    *record_ = {order_, SimStage::Armed, &self_, nullptr};
    SimLimits& limits = machine.limits(change().id);
    limits.deadline = Duration(change().deadline);
    limits.lease = Duration(change().lease);
    control_.start_clock(limits, second_);
    plan_troubles();
    set_stage(machine, *record_, SimStage::Armed);
    control_.send(to_frame(FrameType::Armed, ArmedReport{}));
    co_return "";
  }

  void start_second() {
    second_ = &machine_.new_process("second guard of " + change().id);
    self_.watcher = second_;
    second_->watcher = &self_;
    machine_.run(*second_, watch_first(machine_, *second_, self_, order_));
  }

  void plan_troubles() {
    SimMachine& machine = machine_;
    SimLimits& limits = machine.limits(change().id);
    const auto soon = [&] {
      return machine.clock.now() + machine.some(machine.happens(0.5) ? 1s : 12s);
    };
    if (machine.happens(machine.storm.guard_killed)) self_.killed_at = soon();
    if (machine.happens(machine.storm.second_killed)) second_->killed_at = soon();
    if (machine.happens(machine.storm.both_killed)) {
      self_.killed_at = second_->killed_at = soon();
      ++machine.counts["both guards killed"];
    }
    limits.first_killed = self_.killed_at;
    limits.second_killed = second_->killed_at;
    if (machine.happens(machine.storm.guard_stopped)) {
      self_.stopped_at = soon();
      self_.goes_on_at = *self_.stopped_at + machine.some(40s);
      limits.hampered = true;
      ++machine.counts["guards stopped"];
    }
    // Who waits already has to hear of it.
    second_->bell.ring();
  }

  void close_unused(Event cause) {
    const SimStage stage = cause == Event::Undo ? SimStage::Clean : SimStage::CleanByGuard;
    set_stage(machine_, *record_, stage);
    control_.send(to_frame(
        FrameType::Undone,
        report_of(machine_, stage, std::string(text_of(cause)), "nothing had been applied")));
  }

  Task<> inject() {
    set_stage(machine_, *record_, SimStage::Injecting);
    ActiveReport report;
    report.began = now();
    bool applied = co_await apply();
    report.ended = now();
    Event stopped = Event::None;
    if (applied) {
      stopped = co_await control_.wait(0s);
      const Duration look = machine_.some(kLongestLook);
      co_await machine_.spend(self_, look);
      applied = machine_.in_force(change());
      report.observed = now();
    }
    if (stopped != Event::None) {
      co_await undo(stopped, std::string(text_of(stopped)));
      co_return;
    }
    if (!applied) {
      ++machine_.counts["applies failed"];
      control_.send({FrameType::Failed, {"apply: failed"}});
      co_await undo(Event::None, "apply: failed");
      co_return;
    }
    set_stage(machine_, *record_, SimStage::Active);
    control_.send(to_frame(FrameType::Active, report));
    const Event event = co_await control_.wait(Duration::max());
    co_await undo(event, std::string(text_of(event)));
  }

  /// By a program that dies with this guard, or does not.
  Task<bool> apply() {
    SimMachine& machine = machine_;
    SimProcess& program = machine.new_process("apply of " + change().id);
    record_->applying = &program;
    program.watcher = &self_;
    if (machine.happens(0.7)) program.killed_at = self_.killed_at;
    machine.run(program, apply_program(machine, program, change()));
    while (program.alive) co_await machine.wait(self_, Time::max());
    co_return !machine.happens(machine.storm.apply_fails);
  }

  Task<> undo(Event cause, std::string text) {
    machine_.note(fmt::format("{}: {} undoes: {}", change().id, self_.name, text));
    const SimStage clean = cause == Event::Undo ? SimStage::Clean : SimStage::CleanByGuard;
    const SimStage stage = co_await undo_and_observe(machine_, self_, *record_, clean);
    set_stage(machine_, *record_, stage);
    control_.send(
        to_frame(FrameType::Undone, report_of(machine_, stage, text, std::string(name_of(stage)))));
  }

  std::int64_t now() const { return machine_.clock.now().time_since_epoch().count(); }

  SimMachine& machine_;
  SimProcess& self_;
  Control control_;
  Order order_;
  SimProcess* second_ = nullptr;
  SimRecord* record_ = nullptr;
};

Task<> serve(SimMachine& machine, SimProcess& self, std::shared_ptr<SimLine> line) {
  Session session(machine, self, std::move(line));
  co_await session.run();
}

/// `muster-guard recover`.
Task<> recover(SimMachine& machine, SimProcess& self, std::shared_ptr<SimLine> line) {
  Control control(machine, self, std::move(line));
  const std::optional<Frame> first = co_await control.first_frame();
  Order order;
  bool understood = false;
  try {
    if (first && first->type == FrameType::Recover) {
      order = from_frame<Order>(*first);
      understood = true;
    }
  } catch (const ProtocolError&) {
    understood = false;
  }
  if (!understood) {
    control.send({FrameType::Refused, {"the first frame is no order"}});
    co_return;
  }
  const std::string cause = "recovered";
  UndoneReport report;
  if (co_await wait_for_lock(machine, self, order)) {
    report = co_await undo_recorded(machine, self, order, SimStage::Clean, cause);
  } else {
    const SimRecord* const record = machine.record(order);
    const bool clean = record != nullptr && is_clean(record->stage);
    report = report_of(machine,
                       clean ? record->stage : SimStage::Unknown,
                       cause,
                       clean ? "undone before" : "its resource is still held");
  }
  control.send(to_frame(FrameType::Undone, report));
}

}  // namespace

void start_guard(SimMachine& machine, const std::string& command, std::shared_ptr<SimLine> line) {
  SimProcess& process = machine.new_process("guard to " + command);
  if (command == "serve") {
    machine.run(process, serve(machine, process, std::move(line)));
    return;
  }
  if (machine.happens(machine.storm.recovery_killed))
    process.killed_at = machine.clock.now() + machine.some(2s);
  machine.run(process, recover(machine, process, std::move(line)));
}

}  // namespace muster
