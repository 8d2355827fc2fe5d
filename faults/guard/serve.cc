#include "faults/guard/serve.h"

#include <algorithm>
#include <cassert>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "faults/guard/control.h"
#include "faults/guard/operations.h"
#include "faults/guard/policy.h"
#include "faults/guard/record.h"
#include "faults/guard/second.h"
#include "faults/guard/undoing.h"

namespace muster::guard {

namespace {

using Event = Control::Event;

constexpr std::size_t kCleanRecordsKept = 20;  // of one resource
constexpr std::int64_t kLookEvery = 50 * kMillisecond;
constexpr std::int64_t kHour = 3600 * kSecond;

/// Nothing new is done to a resource while an older change of it is not clean. Forgets old clean
/// ones.
void check_older_records(const Store& store, const PlainChange& change) {
  const auto paths = store.record_paths(&change);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto found = find_record(paths[i]);
    if (!found) continue;
    if (!found->clean()) {
      throw GuardError("an earlier change is still " +
                       std::string(found->corrupt ? "unreadable" : name_of(found->stage)) +
                       " here (" + paths[i] + "); run `muster recover` first, and if that knows " +
                       "nothing of it `muster-guard sweep --dir " + store.directory() + "` here");
    }
    if (i + kCleanRecordsKept < paths.size()) ::unlink(paths[i].c_str());
  }
}

bool is_unclean(const std::string& path) {
  const auto found = find_record(path);
  return found && !found->clean();
}

/// One change. Its life is its stage: each step is taken only from the stage before it.
class Session {
 public:
  Session(const std::string& directory, Control& control) : store_(directory), control_(control) {}

  void arm(const Order& order);
  int run();
  /// After an error that nobody foresaw: whatever may be in force is undone.
  int give_up(const char* why);

 private:
  void take_lock(const Order& order);
  int inject();
  Line put_in_force(ActiveReport& report, Event& stopped);
  void observe_in_force(ActiveReport& report, Line& failure, Event& stopped);
  int undo(Event cause, const char* cause_text);
  int close_unused(Event cause);
  void say_failed(const char* why);
  std::int64_t left() const { return deadline_ - boottime_now(); }

  Store store_;
  Control& control_;
  std::optional<SecondGuard> second_;
  std::optional<ResourceLock> lock_;
  std::optional<Operations> operations_;
  std::optional<Record> record_;
  std::string record_path_;
  PlainChange change_;
  std::int64_t deadline_ = 0;
  Stage stage_ = Stage::Undoing;  ///< nothing may be applied before Armed
};

void Session::take_lock(const Order& order) {
  std::string holder;
  lock_ = ResourceLock::take(store_, order, holder);
  if (!lock_) {
    const std::string& place = order.change.place;
    throw GuardError("'" + order.change.resource + "'" + (place.empty() ? "" : " of " + place) +
                     " is held by " + holder);
  }
}

void Session::arm(const Order& order) {
  change_ = order.change;
  check_times(change_);
  const Policy policy = Policy::of_this_host(change_.kind);
  policy.check(change_);
  if (const std::string why = store_.distrust(); !why.empty()) throw GuardError(why);
  deadline_ = boottime_now() + change_.deadline;
  second_.emplace(store_, order, deadline_);
  take_lock(order);
  check_older_records(store_, change_);
  // Only now: who is refused must not fence out the recovery of what was here before.
  lock_->raise_epoch(order.epoch);
  const Facts facts = take_facts(order);
  policy.check_target(facts);
  operations_.emplace(facts, Operations::Need::All);
  record_path_ = store_.record_path(order.run_id, change_);
  const SecondGuard::Watching second = second_->await();
  record_ = Record::create(record_path_, facts);
  // I7: nothing but our own record is open.
  assert(std::ranges::count_if(store_.record_paths(&change_), is_unclean) == 1);
  stage_ = Stage::Armed;
  control_.start_clock(change_.lease, deadline_);
  control_.watch_second_guard(second_->ended_fd());
  const ArmedReport report{facts.guard.pid, control_.deadline(), second.pid, second.timer};
  control_.send(to_frame(FrameType::Armed, report));
}

/// From Armed: nothing is in force, and nothing will be.
int Session::close_unused(Event cause) {
  assert(stage_ == Stage::Armed || stage_ == Stage::Injecting);
  const Outcome outcome = nothing_undone(cause == Event::Undo ? Stage::Clean : Stage::CleanByGuard,
                                         Control::text_of(cause),
                                         "nothing had been applied");
  record_->append(outcome.stage, Control::text_of(cause));
  control_.send(undone_frame(outcome).bytes());
  return kExitClean;
}

int Session::run() {
  assert(stage_ == Stage::Armed);
  const Event event = control_.wait(kHour * 24 * 365, -1);
  if (event != Event::Inject) return close_unused(event);
  // A runner that died just after it gave the order gets nothing injected.
  const Event pending = control_.wait(0, -1);
  if (pending != Event::None) return close_unused(pending);
  return inject();
}

/// The runner hears of it before the undo, which follows at once.
void Session::say_failed(const char* why) {
  FrameInPlace frame(FrameType::Failed);
  frame.add(why);
  control_.send(frame.bytes());
}

int Session::inject() {
  assert(stage_ == Stage::Armed && record_);  // I1: the undo is on disk
  assert(lock_ && operations_);               // I2: by us alone, one after the other
  assert(control_.deadline() == deadline_);   // I3
  assert(control_.has_runner());              // I6
  if (!record_->append(Stage::Injecting, "")) {
    say_failed("the guard cannot write its record; nothing was applied");
    return close_unused(Event::None);
  }
  stage_ = Stage::Injecting;
  ActiveReport report;
  Event stopped = Event::None;
  const Line failure = put_in_force(report, stopped);
  if (stopped != Event::None) return undo(stopped, Control::text_of(stopped));
  if (!failure.empty()) {
    say_failed(failure.c_str());
    return undo(Event::None, failure.c_str());
  }
  stage_ = Stage::Active;
  if (!record_->append(Stage::Active, "")) {
    say_failed("the guard cannot write its record");
    return undo(Event::None, "the record cannot be written");
  }
  control_.send(to_frame(FrameType::Active, report));
  const Event event = control_.wait(kHour * 24 * 365, operations_->holder_fd());
  return undo(event, Control::text_of(event));
}

/// Applies and observes. Returns what failed, or sets `stopped`; either way the very same change is
/// undone.
Line Session::put_in_force(ActiveReport& report, Event& stopped) {
  // Whoever applies keeps this lock on the record, so that a recovery waits for its end even if we
  // are killed.
  const Descriptor applying(::open(record_path_.c_str(), O_RDONLY | O_CLOEXEC));
  Line failure;
  if (!applying.open() || ::flock(applying.get(), LOCK_EX | LOCK_NB) != 0) {
    failure.print("apply: the record cannot be locked");
    return failure;
  }
  report.began = monotonic_now();
  const Done done = operations_->apply(left(), applying.get());
  report.ended = monotonic_now();
  if (!done.ok()) {
    failure.print("apply: %.240s", done.text.empty() ? "failed" : done.text.c_str());
    return failure;
  }
  observe_in_force(report, failure, stopped);
  return failure;
}

void Session::observe_in_force(ActiveReport& report, Line& failure, Event& stopped) {
  const std::int64_t until = boottime_now() + change_.verify_within;
  stopped = control_.wait(0, operations_->holder_fd());
  while (stopped == Event::None) {
    const Seen seen = operations_->verify(left());
    if (seen.answer == Answer::Yes) {
      report.observed = monotonic_now();
      report.evidence = seen.text.c_str();
      return;
    }
    if (boottime_now() >= until) {
      failure.print("verify: %.240s", seen.text.c_str());
      return;
    }
    stopped = control_.wait(kLookEvery, operations_->holder_fd());
  }
}

int Session::undo(Event cause, const char* cause_text) {
  assert(stage_ == Stage::Injecting || stage_ == Stage::Active);
  assert(lock_ && record_ && control_.deadline() == deadline_);  // I2, I1, I3
  stage_ = Stage::Undoing;
  const Stage clean = cause == Event::Undo ? Stage::Clean : Stage::CleanByGuard;
  const Outcome outcome =
      undo_and_observe(*operations_, *record_, change_.undone_within, clean, cause_text);
  stage_ = outcome.stage;
  control_.send(undone_frame(outcome).bytes());
  return is_clean(outcome.stage) ? kExitClean : kExitNotClean;
}

int Session::give_up(const char* why) {
  const bool may_be_in_force = stage_ == Stage::Injecting || stage_ == Stage::Active;
  return may_be_in_force ? undo(Event::None, why) : kExitNotClean;
}

}  // namespace

int serve(const std::string& directory, std::optional<Frame> first) {
  Control control;
  std::optional<Session> session;
  try {
    const Order order = read_order(std::move(first), FrameType::Arm);
    session.emplace(directory, control);
    session->arm(order);
  } catch (const std::runtime_error& error) {
    control.send({FrameType::Refused, {error.what()}});
    return kExitRefused;
  }
  try {
    return session->run();
  } catch (const std::exception& error) {
    return session->give_up(error.what());
  }
}

}  // namespace muster::guard
