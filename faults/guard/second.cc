#include "faults/guard/second.h"

#include <algorithm>
#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faults/guard/child.h"
#include "faults/guard/recover.h"

namespace muster::guard {

namespace {

constexpr std::int64_t kMargin = kSecond;
constexpr std::int64_t kLookEvery = 250 * kMillisecond;
constexpr std::int64_t kPatience = 10 * kSecond;  // of the guard with a second one that starts

/// How long an undo that began at the deadline may take.
std::int64_t longest_undo(const PlainChange& change) {
  return 2 * change.undo.timeout + change.undone_within + change.verify_undone.timeout;
}

/// A sweep of the whole directory at a given time, by a process that no end of a login session and
/// no kill of a control group reaches.
class SweepTimer {
 public:
  SweepTimer(std::string unit, const std::string& directory, std::int64_t after)
      : unit_(std::move(unit)) {
    if (::access("/run/systemd/system", F_OK) != 0) return;
    set_ = runs({"systemd-run",
                 "--quiet",
                 "--collect",
                 "--unit=" + unit_,
                 "--on-active=" + std::to_string(after / kMillisecond) + "ms",
                 "--timer-property=AccuracySec=100ms",
                 "--",
                 link_target("/proc/self/exe"),
                 "sweep",
                 "--dir",
                 directory});
  }

  /// Its name; empty where it could not be set.
  std::string unit() const { return set_ ? unit_ : ""; }

  void stop() const {
    if (set_) runs({"systemctl", "--quiet", "stop", unit_ + ".timer"});
  }

 private:
  static bool runs(std::vector<std::string> argv) {
    if (::geteuid() != 0) argv.insert(argv.begin() + 1, "--user");
    try {
      return Program(std::move(argv), "", kPatience / 2).run(kPatience / 2).ok();
    } catch (const GuardError&) {
      return false;  // no such program
    }
  }

  std::string unit_;
  bool set_ = false;
};

/// What the second guard does from its fork to its end.
class Watch {
 public:
  Watch(const Store& store, const Order& order, std::int64_t deadline, const Identity& first)
      : store_(store), order_(order), deadline_(deadline), identity_(first), first_(first) {}

  /// Nothing of the runner's may be kept open, or it would wait for our end, too.
  static void leave_first_guard() {
    ::setsid();
    become_hard_to_kill("muster-guard-2");
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int inherited : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      ::dup2(nothing, inherited);
  }

  void run(const Descriptor& channel) {
    const std::int64_t last = deadline_ + longest_undo(order_.change) + 2 * kMargin;
    const SweepTimer timer("muster-guard-" + file_name_for(order_.run_id + "/" + order_.change.id),
                           store_.directory(),
                           last - boottime_now());
    write_all(channel.get(), "+" + timer.unit());
    const bool hung = !await_end();
    if (hung) {
      first_.signal(SIGKILL);
      while (!readable(first_.fd(), kSecond)) continue;
    }
    auto record = own_record();
    if (record && record->may_be_in_force()) {
      undo_after_guard(store_,
                       order_,
                       hung ? "by the second guard: the first one was stopped, or hung"
                            : "by the second guard: the first one had been killed");
      record = own_record();
    }
    if (!record || record->clean()) timer.stop();
  }

 private:
  /// False where it is still there, but does not do its part any more.
  bool await_end() const {
    std::int64_t last_going = boottime_now();
    for (;;) {
      if (readable(first_.fd(), kLookEvery)) return true;
      const std::int64_t now = boottime_now();
      if (now >= deadline_ + longest_undo(order_.change) + kMargin) return false;
      // A stopped guard hears neither its runner nor its clocks.
      if (first_.state() != 'T') last_going = now;
      const std::int64_t silent_from = last_going + order_.change.lease;
      if (now != last_going && now >= std::min(silent_from, deadline_) + kMargin) return false;
    }
  }

  /// Only that of this very guard: it may have been refused because of another's.
  std::optional<FoundRecord> own_record() const {
    auto found = find_record(store_.record_path(order_.run_id, order_.change));
    if (found && !(found->facts && found->facts->guard == identity_)) found.reset();
    return found;
  }

  const Store& store_;
  const Order& order_;
  std::int64_t deadline_;
  Identity identity_;
  HeldProcess first_;
};

}  // namespace

SecondGuard::SecondGuard(const Store& store, const Order& order, std::int64_t deadline) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail_system("socketpair");
  channel_ = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  Watch watch(store, order, deadline, identity_of(::getpid()));
  pid_ = ::fork();
  if (pid_ < 0) fail_system("fork of the second guard");
  if (pid_ > 0) return;
  try {
    Watch::leave_first_guard();
    watch.run(theirs);
  } catch (const std::exception&) {
    ::_exit(70);  // the record stays as it is, for `sweep` and `recover`
  }
  ::_exit(0);
}

SecondGuard::Watching SecondGuard::await() const {
  char words[256];
  const ssize_t length =
      readable(channel_.get(), 2 * kPatience) ? ::read(channel_.get(), words, sizeof words) : 0;
  if (length <= 0) throw GuardError("the second guard does not start");
  return {pid_, {words + 1, static_cast<std::size_t>(length - 1)}};
}

}  // namespace muster::guard
