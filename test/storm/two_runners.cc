// Two runners want one resource. Either may be paused, killed, lose its guard or be fenced out by a
// recovery, and goes on later as if nothing had happened. The thing is a folder, a change makes a
// file there that has the number of its run, its epoch, for a name, and the kernel tells of every
// file that comes and goes, in order: so its log shows whether ever two were in force, or an older
// run reached in after a newer one.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <set>

#include <sys/inotify.h>

#include "test/faults/guard_process.h"
#include "test/storm/contest.h"

namespace muster {

namespace {

constexpr int kWorkers = 6;
constexpr int kAttempts = 12;

/// What both contenders of a round tell, in memory that all have.
struct Round {
  std::atomic<std::int64_t> newest;  ///< the highest epoch that a guard has accepted
  std::atomic<bool> drilling[2];
  std::atomic<pid_t> guards[2];
  std::atomic<pid_t> seconds[2];
  std::atomic<int> attempts[2];
};

struct Tally {
  std::atomic<int> rounds, wrong, in_force, fenced, lost, paused, guards_killed, pairs_killed, late;
};

struct Contender {
  int who;
  std::int64_t epoch;
  bool again;  ///< tries once more after its change is over
  std::int64_t lease, before_inject, hold;

  Order order(int attempt, const std::string& thing) const {
    PlainChange change = touch_change(thing + "/" + std::to_string(epoch));
    change.id = "break/" + std::to_string(attempt);
    change.resource = "thing";
    change.lease = lease;
    return {"run-" + std::to_string(epoch), epoch, change};
  }
};

void sleep_for(std::int64_t nanoseconds) {
  ::usleep(static_cast<useconds_t>(nanoseconds / 1000));
}

// ---- a contender, in a process of its own

class Runner {
 public:
  Runner(const ContestOptions& options,
         Contender contender,
         std::string directory,
         Round& round,
         Tally& tally)
      : options_(options),
        me_(contender),
        directory_(std::move(directory)),
        round_(round),
        tally_(tally),
        thing_(directory_ + "/thing"),
        chance_(static_cast<std::uint64_t>(contender.epoch)) {}

  void run() {
    bool over = false;
    for (int attempt = 1; attempt <= kAttempts; ++attempt) {
      const Answer answer = try_once(attempt);
      if (answer == Answer::Fenced || (answer == Answer::Drilled && (over || !me_.again))) return;
      over = over || answer == Answer::Drilled;
      ::usleep(static_cast<useconds_t>(20'000 + chance_.below(60'000)));
    }
  }

 private:
  enum class Answer { Fenced, Busy, Drilled };

  Answer try_once(int attempt) {
    round_.attempts[me_.who] = attempt;
    GuardProcess guard(options_.guard, "serve", directory_);
    const std::int64_t newest = round_.newest;
    guard.send(to_frame(FrameType::Arm, me_.order(attempt, thing_)));
    const auto answer = guard.receive();
    if (!answer) return Answer::Busy;  // killed before it could say anything
    if (answer->type == FrameType::Refused) {
      const bool fenced = answer->fields[0].find("a later run has taken over") != std::string::npos;
      if (fenced) ++tally_.fenced;
      return fenced ? Answer::Fenced : Answer::Busy;
    }
    const ArmedReport armed = from_frame<ArmedReport>(*answer);
    if (me_.epoch < newest) wrong("armed", newest);
    raise_newest();
    round_.guards[me_.who] = static_cast<pid_t>(armed.pid);
    round_.seconds[me_.who] = static_cast<pid_t>(armed.second_guard);
    round_.drilling[me_.who] = true;
    drill(guard);
    round_.drilling[me_.who] = false;
    return Answer::Drilled;
  }

  void drill(GuardProcess& guard) {
    sleep_for(me_.before_inject);
    const std::int64_t newest = round_.newest;
    guard.send(FrameType::Inject);
    auto frame = guard.receive();
    const bool active = frame && frame->type == FrameType::Active;
    if (active) {
      ++tally_.in_force;
      if (me_.epoch < newest) wrong("injected", newest);
      for (std::int64_t held = 0; held < me_.hold; held += kTestSecond / 100) {
        guard.send(FrameType::Heartbeat);
        sleep_for(kTestSecond / 100);
      }
      guard.send(FrameType::Undo);
      frame = guard.receive();
    }
    if (!frame || (active && from_frame<UndoneReport>(*frame).cause != "asked to")) ++tally_.lost;
    // A runner that does not know that it is over goes on giving orders.
    for (const FrameType type : {FrameType::Heartbeat, FrameType::Inject, FrameType::Undo})
      guard.send(type);
    ++tally_.late;
    while (const auto more = guard.receive())
      if (more->type == FrameType::Active) wrong("injected after its end", round_.newest);
  }

  void raise_newest() {
    std::int64_t newest = round_.newest;
    while (newest < me_.epoch && !round_.newest.compare_exchange_weak(newest, me_.epoch)) {
    }
  }

  void wrong(const char* what, std::int64_t newest) {
    ++tally_.wrong;
    std::printf("WRONG: run %lld %s, though run %lld had been there\n",
                static_cast<long long>(me_.epoch),
                what,
                static_cast<long long>(newest));
    std::fflush(stdout);
  }

  const ContestOptions& options_;
  Contender me_;
  std::string directory_;
  Round& round_;
  Tally& tally_;
  std::string thing_;
  Chance chance_;
};

// ---- the oracle: what the kernel tells of the one thing, in the order in which it happened

class KernelLog {
 public:
  explicit KernelLog(const std::string& thing)
      : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (::inotify_add_watch(events_, thing.c_str(), IN_CREATE | IN_DELETE | IN_MOVE) < 0)
      throw std::runtime_error("inotify");
  }
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;
  ~KernelLog() { ::close(events_); }

  /// What was wrong since the last time, as a person would say it.
  std::vector<std::string> judge() {
    std::vector<std::string> wrong;
    alignas(inotify_event) char buffer[65536];
    for (ssize_t count = 0; (count = ::read(events_, buffer, sizeof buffer)) > 0;) {
      for (const char* at = buffer; at < buffer + count;) {
        const auto* const event = reinterpret_cast<const inotify_event*>(at);
        at += sizeof(inotify_event) + event->len;
        judge(*event, wrong);
      }
    }
    for (const std::int64_t epoch : in_force_)
      wrong.push_back("run " + std::to_string(epoch) + " is left in force");
    return wrong;
  }

 private:
  void judge(const inotify_event& event, std::vector<std::string>& wrong) {
    const bool made = event.mask == IN_CREATE;
    if (!made && event.mask != IN_DELETE) return wrong.push_back("the kernel's log has a gap");
    const std::int64_t epoch = std::stoll(event.name);
    const std::string what =
        std::string(made ? "change" : "undo") + " of run " + std::to_string(epoch);
    if (epoch < newest_) wrong.push_back(what + " after run " + std::to_string(newest_));
    newest_ = std::max(newest_, epoch);
    if (made)
      in_force_.insert(epoch);
    else
      in_force_.erase(epoch);
    if (in_force_.size() > 1) wrong.push_back("two in force at once from the " + what);
  }

  int events_;
  std::int64_t newest_ = 0;
  std::set<std::int64_t> in_force_;
};

// ---- a round

class Contest {
 public:
  Contest(const ContestOptions& options,
          std::string directory,
          Round& round,
          Tally& tally,
          std::uint64_t seed)
      : options_(options),
        directory_(std::move(directory)),
        round_(round),
        tally_(tally),
        thing_(directory_ + "/thing"),
        chance_(seed),
        log_(thing_) {}

  void play(int number) {
    pair_killed_ = false;
    round_.newest = 0;
    for (const int who : {0, 1}) {
      round_.drilling[who] = false;
      round_.guards[who] = round_.seconds[who] = 0;
      contenders_[who] = {who,
                          2 * number + 1 + who,
                          chance_.one_in(2),
                          (40 + chance_.below(160)) * kMillisecond,
                          chance_.below(30) * kMillisecond,
                          chance_.below(120) * kMillisecond};
    }
    const int first = chance_.one_in(3) ? 1 : 0;
    start(first);
    if (!chance_.one_in(3)) ::usleep(static_cast<useconds_t>(chance_.below(80'000)));
    start(1 - first);
    const std::int64_t troubles = 1 + chance_.below(4);
    for (std::int64_t i = 0; i < troubles; ++i) {
      ::usleep(static_cast<useconds_t>(chance_.below(60'000)));
      trouble();
    }
    end(number);
  }

 private:
  static constexpr std::int64_t kMillisecond = 1'000'000;

  template <class Work>
  pid_t in_a_process(Work work) {
    std::fflush(stdout);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      work();
    } catch (const std::exception& error) {
      ::_exit(1);  // its guard or its recovery was killed
    }
    ::_exit(0);
  }

  void start(int who) {
    runners_[who] =
        in_a_process([&] { Runner(options_, contenders_[who], directory_, round_, tally_).run(); });
  }

  /// Somebody is stopped for a while: the others go on, and it wakes up later.
  void pause(pid_t pid, std::int64_t longest_ms) {
    if (pid <= 0) return;
    const auto length = static_cast<useconds_t>(1000 * (5 + chance_.below(longest_ms)));
    ++tally_.paused;
    others_.push_back(in_a_process([pid, length] {
      ::kill(pid, SIGSTOP);
      ::usleep(length);
      ::kill(pid, SIGCONT);
    }));
  }

  void trouble() {
    int who = static_cast<int>(chance_.below(2));
    if (!round_.drilling[who]) who = 1 - who;
    const pid_t guard = round_.drilling[who] ? round_.guards[who].load() : 0;
    switch (chance_.below(8)) {
      case 0:
      case 1:
      case 2:
        return pause(runners_[who], 400);
      case 3:
        return pause(guard, chance_.one_in(8) ? 2000 : 150);
      case 4:
        if (guard > 0 && ::kill(guard, SIGKILL) == 0) ++tally_.guards_killed;
        return;
      case 5:
        return kill_pair(who);
      case 6:
        others_.push_back(in_a_process([&] {
          recovered(options_, directory_, contenders_[who].order(round_.attempts[who], thing_));
        }));
        return;
      default:
        others_.push_back(in_a_process([&] { swept(options_, directory_); }));
    }
  }

  void kill_pair(int who) {
    if (!round_.drilling[who]) return;
    ::kill(round_.seconds[who], SIGSTOP);
    const bool first = ::kill(round_.guards[who], SIGKILL) == 0;
    const bool second = ::kill(round_.seconds[who], SIGKILL) == 0;
    if (first && second) ++tally_.pairs_killed;
    pair_killed_ = pair_killed_ || second;  // the first may have been killed before
  }

  void end(int number) {
    for (const int who : {0, 1}) ::waitpid(runners_[who], nullptr, 0);
    for (const pid_t other : others_) ::waitpid(other, nullptr, 0);
    others_.clear();
    if (!no_guards_left(directory_, 20)) wrong(number, "a guard does not end");
    if (!unclean().empty()) {
      if (!pair_killed_) wrong(number, "left though no pair of guards was killed: " + unclean());
      if (swept(options_, directory_) != 0 || !unclean().empty())
        wrong(number, "the sweep leaves something");
    }
    for (const std::string& what : log_.judge()) wrong(number, what);
    std::filesystem::remove_all(directory_ + "/records");
    ++tally_.rounds;
  }

  /// The records that do not end clean, with their stages.
  std::string unclean() const {
    std::string found;
    for (const std::string& record : records_in(directory_)) {
      const auto stages = stages_in(record);
      if (!stages.empty() && is_clean_stage(stages.back())) continue;
      found += record.substr(record.rfind('/') + 1);
      for (const std::string& stage : stages) found += " " + stage;
    }
    return found;
  }

  void wrong(int number, const std::string& what) {
    ++tally_.wrong;
    std::printf("WRONG in round %d: %s\n", number, what.c_str());
  }

  const ContestOptions& options_;
  std::string directory_;
  Round& round_;
  Tally& tally_;
  std::string thing_;
  Chance chance_;
  KernelLog log_;
  Contender contenders_[2] = {};
  pid_t runners_[2] = {};
  std::vector<pid_t> others_;
  bool pair_killed_ = false;
};

}  // namespace

int two_runners(const ContestOptions& options, const std::string& root) {
  auto& tally = *static_cast<Tally*>(shared_memory(sizeof(Tally)));
  auto* const rounds = static_cast<Round*>(shared_memory(kWorkers * sizeof(Round)));
  const int worst = in_workers(kWorkers, [&](int worker) {
    const std::string directory = root + "/" + std::to_string(worker);
    std::filesystem::create_directories(directory + "/thing");
    Contest contest(options,
                    directory,
                    rounds[worker],
                    tally,
                    options.seed * 1000 + static_cast<std::uint64_t>(worker));
    for (int round = worker; round < options.rounds; round += kWorkers) contest.play(round);
    return 0;
  });
  std::printf(
      "two runners: %d schedules, %d wrong; %d changes in force, %d stale runs refused, %d drills "
      "lost to somebody, "
      "%d pauses, %d guards and %d pairs of guards killed, late orders after %d drills\n",
      tally.rounds.load(),
      tally.wrong.load(),
      tally.in_force.load(),
      tally.fenced.load(),
      tally.lost.load(),
      tally.paused.load(),
      tally.guards_killed.load(),
      tally.pairs_killed.load(),
      tally.late.load());
  const bool shown =
      tally.rounds == options.rounds && tally.in_force > 0 && tally.fenced > 0 && tally.lost > 0;
  return tally.wrong == 0 && shown ? worst : 1;
}

}  // namespace muster
