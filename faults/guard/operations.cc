#include "faults/guard/operations.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <unistd.h>

namespace muster::guard {

namespace {

constexpr std::int64_t kDyingTime = 2 * kSecond;
constexpr std::int64_t kShortLook = 2 * kSecond;  // an undo must not wait long
constexpr std::int64_t kLongest = std::int64_t{30} * 24 * 3600 * kSecond;

int signal_number(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  throw GuardError("there is no signal " + std::string(name));
}

bool uses_process(const PlainOperation& operation) {
  return operation.kind == "signal" || operation.kind == "gone" || operation.kind == "stopped";
}

const std::string& first_arg(const PlainOperation& operation) {
  if (operation.args.empty())
    throw GuardError("an operation of kind " + operation.kind + " needs an argument");
  return operation.args.front();
}

void check_kind(const PlainOperation& operation,
                std::initializer_list<std::string_view> allowed,
                const char* part) {
  if (std::ranges::find(allowed, operation.kind) != allowed.end()) return;
  throw GuardError("the guard knows no operation '" + operation.kind + "' as " + part);
}

/// A process that is stopped already would be woken by our undo, though it was not we who stopped
/// it.
void refuse_stopped(const PlainChange& change, const Identity& process) {
  if (change.apply.kind != "signal" || signal_number(first_arg(change.apply)) != SIGSTOP) return;
  if (HeldProcess(process).state() != 'T') return;
  throw GuardError("process " + std::to_string(process.pid) + " is stopped already");
}

/// The service does not run, and a stranger is not to be hit in its place.
void refuse_stranger(const std::string& file, const Identity& process) {
  if (!is_stranger(file, static_cast<pid_t>(process.pid))) return;
  throw GuardError(file + " was written long before process " + std::to_string(process.pid) +
                   " began: the number is another's by now, or the clock was set since (if so, "
                   "touch the file)");
}

void check_file(const PlainChange& change) {
  const bool applies = change.apply.kind == "file";
  for (const PlainOperation* part : {&change.verify, &change.undo, &change.verify_undone}) {
    if (part->kind != "file") continue;
    if (applies && first_arg(*part) == first_arg(change.apply)) continue;
    throw GuardError("only a file that the change itself writes can be checked or put back");
  }
}

}  // namespace

void check_times(const PlainChange& change) {
  if (std::min(change.lease, change.deadline) <= 0)
    throw GuardError("lease and deadline are between 1 ns and 30 days");
  for (const std::int64_t length : {change.lease,
                                    change.deadline,
                                    change.verify_within,
                                    change.undone_within,
                                    change.apply.timeout,
                                    change.verify.timeout,
                                    change.undo.timeout,
                                    change.verify_undone.timeout})
    if (length < 0 || length > kLongest)
      throw GuardError("a length of time is between 0 and 30 days");
}

Facts take_facts(const Order& order) {
  const PlainChange& change = order.change;
  Facts facts{order, identity_of(::getpid()), {}, {}};
  check_file(change);
  for (const PlainOperation* part :
       {&change.apply, &change.verify, &change.undo, &change.verify_undone})
    if (uses_process(*part) && change.process.empty())
      throw GuardError(part->kind + " needs a process");
  if (!change.process.empty()) {
    facts.process = identity_of(change.process);
    refuse_stranger(change.process, facts.process);
    refuse_stopped(change, facts.process);
  }
  if (change.apply.kind == "file") facts.file = ReplacedFile::snapshot_of(first_arg(change.apply));
  return facts;
}

Operations::Ready Operations::make_ready(const PlainOperation& plain) {
  Ready ready;
  ready.plain = plain;
  if (plain.kind == "signal") ready.signal = signal_number(first_arg(plain));
  if (plain.kind == "stopped" || plain.kind == "alive") first_arg(plain);
  if (plain.kind == "exec" || plain.kind == "holder")
    ready.program = std::make_unique<Program>(plain.args, plain.input, plain.timeout);
  return ready;
}

Operations::Operations(const Facts& facts, Need need) : process_(facts.process) {
  const PlainChange& change = facts.change;
  check_kind(change.apply, {"exec", "signal", "file", "holder", "none"}, "apply");
  check_kind(change.verify, {"exec", "file", "gone", "stopped", "alive", "none"}, "verify");
  check_kind(change.undo, {"exec", "signal", "file", "holder", "none"}, "undo");
  check_kind(
      change.verify_undone, {"exec", "file", "gone", "stopped", "alive", "none"}, "verify_undone");
  // I4: what an undo of these kinds needs is in the facts, never looked up again.
  assert(change.undo.kind != "signal" || facts.process.pid > 0);
  assert(change.undo.kind != "file" || facts.file.taken);
  if (facts.file.taken) file_ = ReplacedFile(facts.file, change.apply.input);
  if (need == Need::All) {
    apply_ = make_ready(change.apply);
    verify_ = make_ready(change.verify);
  }
  if (change.apply.kind == "signal") apply_signal_ = signal_number(first_arg(change.apply));
  undo_.plain = change.undo;
  if (change.undo.kind != "holder") undo_ = make_ready(change.undo);
  verify_undone_ = make_ready(change.verify_undone);
}

Done Operations::send_signal(const Ready& ready) const {
  const int error = process_.signal(ready.signal);
  Done done;
  if (error == 0) {
    done.how = Done::How::Done;
    done.text.print("sent signal %d to process %d", ready.signal, process_.pid());
  } else if (error == ESRCH) {
    done.how = Done::How::TargetGone;
    done.text.print("the process has ended; no other is signalled in its place");
  } else {
    done.text.print(
        "signal %d to process %d: %s", ready.signal, process_.pid(), std::strerror(error));
  }
  return done;
}

Done Operations::perform(Ready& ready, std::int64_t limit, int inherited) {
  const std::string& kind = ready.plain.kind;
  if (kind == "signal") return send_signal(ready);
  if (kind == "none") return {Done::How::Done, {}};
  assert(kind == "exec" || kind == "holder");
  const Ended ended = kind == "exec" ? ready.program->run(limit, inherited)
                                     : ready.program->start(limit, inherited);
  return {ended.ok() ? Done::How::Done : Done::How::Failed, ended.text()};
}

Done Operations::apply(std::int64_t limit, int inherited) {
  return apply_.plain.kind == "file" ? file_.write() : perform(apply_, limit, inherited);
}

/// A service whose process still dies looks as if it ran, and its start would do nothing.
void Operations::await_end_of_killed() const {
  if (apply_signal_ != SIGKILL && apply_signal_ != SIGTERM) return;
  const std::int64_t until = boottime_now() + kDyingTime;
  while (!process_.gone() && boottime_now() < until) sleep_for(kMillisecond);
}

Done Operations::undo(std::int64_t limit) {
  if (apply_.plain.kind == "holder" && apply_.program) apply_.program->stop();
  if (undo_.plain.kind == "exec") await_end_of_killed();
  if (undo_.plain.kind == "file") return file_.restore();
  // It was ended just now, or with the guard that had started it.
  if (undo_.plain.kind == "holder") return {Done::How::Done, {}};
  if (!is_foreign()) return perform(undo_, limit, -1);
  Done done{Done::How::Conflict, {}};
  done.text.print("it is no longer as the change made it: somebody changed it");
  return done;
}

/// What `verify_undone` prints is neither what was before nor what the change wrote. Where the undo
/// has `lacks`, that or nothing at all is what was before. A look that fails says nothing, and the
/// undo is run.
bool Operations::is_foreign() {
  const PlainOperation& undo = undo_.plain;
  if (undo.contains.empty() || !verify_undone_.program) return false;
  const Ended ended = verify_undone_.program->run(kShortLook);
  if (!ended.ok() || ended.partial) return false;
  if (ended.out.find(undo.contains) != std::string_view::npos) return false;
  if (undo.lacks.empty()) return judge_output(verify_undone_, ended).answer == Answer::No;
  return !ended.out.empty() && ended.out.find(undo.lacks) == std::string_view::npos;
}

Seen Operations::judge_output(const Ready& ready, const Ended& ended) {
  Seen seen;
  seen.text = ended.text();
  if (ended.how != Ended::How::Exited) return seen;
  seen.answer = Answer::No;
  if (!ended.ok()) return seen;
  const bool contains = ended.out.find(ready.plain.contains) != std::string_view::npos;
  const bool lacks =
      ready.plain.lacks.empty() || ended.out.find(ready.plain.lacks) == std::string_view::npos;
  if (!ready.plain.lacks.empty() && lacks && ended.partial) {
    seen.answer = Answer::Unknown;
    return seen;
  }
  seen.answer = contains && lacks ? Answer::Yes : Answer::No;
  if (!contains) seen.text.print("its output has no \"%.150s\"", ready.plain.contains.c_str());
  if (!lacks) seen.text.print("its output still has \"%.150s\"", ready.plain.lacks.c_str());
  if (contains && lacks && !ended.out.empty()) seen.text.assign(ended.out);
  return seen;
}

Seen Operations::see_process(const Ready& ready) const {
  const char state = process_.state();
  const bool stopped = state == 'T' || state == 't';
  bool as_wanted = state == '\0';  // gone
  if (ready.plain.kind == "stopped") as_wanted = stopped == (ready.plain.args.front() == "yes");
  Seen seen;
  if (state != '?') seen.answer = as_wanted ? Answer::Yes : Answer::No;
  if (state == '\0')
    seen.text.print("the process has ended");
  else
    seen.text.print("process %d is in state %c", process_.pid(), state);
  return seen;
}

Seen Operations::see_alive(const Ready& ready) const {
  Seen seen;
  const pid_t pid = pid_named_by(ready.plain.args.front());
  const bool runs = is_running(pid);
  // The pid file of a service that was killed keeps its number, which may be another's by now.
  const bool another =
      runs && ((pid == process_.pid() && process_.gone()) || is_stranger(ready.plain.args[0], pid));
  seen.answer = runs && !another ? Answer::Yes : Answer::No;
  seen.text.print(another ? "%d is another process's number by now"
                  : runs  ? "process %d runs"
                          : "no process with the number %d runs here",
                  pid);
  return seen;
}

Seen Operations::see_file(ReplacedFile::Content wanted) const {
  const ReplacedFile::Content found = file_.content();
  Seen seen;
  if (found != ReplacedFile::Content::Unreadable)
    seen.answer = found == wanted ? Answer::Yes : Answer::No;
  constexpr const char* kTexts[] = {"is as it was before",
                                    "is as the change wrote it",
                                    "was changed by somebody else",
                                    "cannot be read"};
  seen.text.print("%.200s %s", file_.before().path.c_str(), kTexts[static_cast<int>(found)]);
  return seen;
}

Seen Operations::observe(Ready& ready, ReplacedFile::Content wanted, std::int64_t limit) {
  const std::string& kind = ready.plain.kind;
  if (kind == "exec") return judge_output(ready, ready.program->run(limit));
  if (kind == "alive") return see_alive(ready);
  if (kind == "file") return see_file(wanted);
  if (kind == "gone" || kind == "stopped") return see_process(ready);
  assert(kind == "none");
  Seen seen{Answer::Yes, {}};
  seen.text.print("not observed");
  return seen;
}

Seen Operations::verify(std::int64_t limit) {
  return observe(verify_, ReplacedFile::Content::Written, limit);
}

Seen Operations::verify_undone(std::int64_t limit) {
  if (undo_.plain.kind == "file") {
    const Seen file = see_file(ReplacedFile::Content::Before);
    if (file.answer != Answer::Yes || verify_undone_.plain.kind == "none") return file;
  }
  return observe(verify_undone_, ReplacedFile::Content::Before, limit);
}

bool Operations::observes_undo() const {
  return verify_undone_.plain.kind != "none" || undo_.plain.kind == "file";
}

int Operations::holder_fd() const {
  return apply_.plain.kind == "holder" && apply_.program ? apply_.program->ended_fd() : -1;
}

}  // namespace muster::guard
