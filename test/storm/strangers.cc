// What strangers did meanwhile is left alone. Between a fault and its undo the process that was hit
// ends and its number becomes another's, or somebody else replaces the file, the table, the queue
// or the value that the change had written. Whoever undoes then, the stranger's process gets no
// signal and the stranger's version stays as it is; and nobody calls it clean.
#include <algorithm>
#include <cstdio>

#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

#include "test/faults/guard_process.h"
#include "test/storm/contest.h"
#include "test/storm/kinds.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr int kWorkers = 5;
constexpr std::int64_t kShortly = kTestSecond * 3 / 10;

// ---- a change in force, and every way in which its undo may come

enum class Undoer { Guard, EndOfInput, Second, Recover, Sweep, RecoverWithoutRecord };
constexpr const char* kUndoers[] = {"its guard, asked",
                                    "its guard, at the end of its input",
                                    "the second guard",
                                    "recover",
                                    "sweep",
                                    "recover, without a record"};

class InForce {
 public:
  InForce(const ContestOptions& options, std::string directory, Order order)
      : options_(options),
        directory_(std::move(directory)),
        order_(std::move(order)),
        guard_(options.guard, "serve", directory_),
        armed_(guard_.arm(order_)) {
    guard_.inject();
  }

  /// The stage that it ends in, by what was told; the residue follows after a colon.
  std::string undone_by(Undoer undoer) {
    if (undoer == Undoer::Guard) return text_of(guard_.undo());
    if (undoer == Undoer::EndOfInput) {
      guard_.close_input();
      return text_of(guard_.undone());
    }
    if (undoer == Undoer::Second) {
      ::kill(static_cast<pid_t>(armed_.pid), SIGKILL);
      guard_.wait();
      no_guards_left(directory_);
      return recorded();
    }
    kill_both(guard_, armed_);
    if (undoer == Undoer::RecoverWithoutRecord) fs::remove_all(directory_ + "/records");
    if (undoer != Undoer::Sweep) return text_of(recovered(options_, directory_, order_));
    swept(options_, directory_);
    return recorded();
  }

 private:
  static std::string text_of(const UndoneReport& report) {
    std::string text = report.state;
    for (const std::string& line : report.residue) text += ": " + line;
    return text;
  }
  std::string recorded() const {
    const auto records = records_in(directory_);
    return records.size() == 1 ? stages_in(records[0]).back() : "no record";
  }

  const ContestOptions& options_;
  std::string directory_;
  Order order_;
  GuardProcess guard_;
  ArmedReport armed_;
};

struct Tally {
  int rounds = 0;
  int wrong = 0;
  int left_alone = 0;
  int told = 0;

  void note(bool right, const std::string& story) {
    if (right) return;
    ++wrong;
    std::printf("WRONG: %s\n", story.c_str());
  }
};

// ---- a process with a number of one's choice

/// Whoever sends it a signal leaves a trace: all that can be are blocked, and stay pending.
class Stranger {
 public:
  Stranger(pid_t number, bool stopped) : pid_(number), stopped_(stopped) {
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    for (int attempt = 0; !fork_as(number, ready[1]); ++attempt) {
      if (attempt == 2000) throw std::runtime_error("the number stays taken");
      ::usleep(1000);
    }
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) throw std::runtime_error("no stranger");
    ::close(ready[0]);
    if (stopped) ::kill(pid_, SIGSTOP);
    while (!as_it_was()) ::usleep(200);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  bool as_it_was() const {
    const std::string status = process_text(pid_, "status");
    const bool unsignalled = status.find("SigPnd:\t0000000000000000") != std::string::npos &&
                             status.find("ShdPnd:\t0000000000000000") != std::string::npos;
    return unsignalled && status.find(stopped_ ? "State:\tT" : "State:\tS") != std::string::npos;
  }

 private:
  static bool fork_as(pid_t number, int ready) {
    clone_args how{};
    how.exit_signal = SIGCHLD;
    how.set_tid = reinterpret_cast<std::uintptr_t>(&number);
    how.set_tid_size = 1;
    const long pid = ::syscall(SYS_clone3, &how, sizeof how);
    if (pid < 0 && errno != EEXIST) throw std::runtime_error("clone3 cannot choose a number");
    if (pid != 0) return pid > 0;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    if (::dup2(ready, 3) != 3 || ::close_range(4, ~0U, 0) != 0 || ::write(3, "+", 1) != 1)
      ::_exit(1);  // a guard's input must not stay open in here
    for (;;) ::pause();
  }

  pid_t pid_;
  bool stopped_;
};

/// A paused process ends, and a stranger gets its number.
void pause_round(const ContestOptions& options,
                 const std::string& directory,
                 int round,
                 Chance& chance,
                 Tally& tally) {
  Victim victim;
  const pid_t number = victim.pid();
  while (victim.state() != 'S') ::usleep(200);
  InForce fault(options, directory, {"run-" + std::to_string(round), round, pause_change(number)});
  victim.end();
  const Stranger stranger(number, chance.one_in(2));
  const auto undoer = static_cast<Undoer>(chance.below(6));
  const std::string state = fault.undone_by(undoer);
  // Without its record nobody can say whom the change had hit; docs/guard.md promises no more.
  const bool told = undoer == Undoer::RecoverWithoutRecord || state == "target-gone";
  if (state == "target-gone") ++tally.told;
  tally.note(told, std::string("pause, ") + kUndoers[static_cast<int>(undoer)] + ": " + state);
  if (stranger.as_it_was()) ++tally.left_alone;
  tally.note(stranger.as_it_was(),
             std::string("pause: signalled by ") + kUndoers[static_cast<int>(undoer)]);
}

/// A service is killed, and a stranger gets the number that its pid file still has. Every second
/// start does nothing: then the stranger must not be taken for the service.
void kill_round(const ContestOptions& options,
                const std::string& directory,
                int round,
                Chance& chance,
                Tally& tally) {
  const auto kind = make_storm_kind("start", directory);
  PlainChange change = kind->prepare();
  const pid_t number = std::stoi(content_of(change.process));
  const bool starts = chance.one_in(2);
  if (!starts) change.undo = operation("exec", {"true"});
  if (!starts) change.undone_within = kShortly;
  InForce fault(options, directory, {"run-" + std::to_string(round), round, change});
  const Stranger stranger(number, chance.one_in(2));
  const auto undoer = static_cast<Undoer>(chance.below(5));
  const std::string state = fault.undone_by(undoer);
  const bool clean = is_clean_stage(state.substr(0, state.find(':')));
  if (!clean) ++tally.told;
  tally.note(clean == starts,
             std::string("kill, the start ") + (starts ? "works, " : "does nothing, ") +
                 kUndoers[static_cast<int>(undoer)] + ": " + state);
  if (stranger.as_it_was()) ++tally.left_alone;
  tally.note(stranger.as_it_was(),
             std::string("kill: signalled by ") + kUndoers[static_cast<int>(undoer)]);
  if (starts)
    tally.note(std::stoi(content_of(change.process)) != number, "kill: nothing was started");
}

// ---- versions of somebody else

/// A value that a server holds, as haproxy its maps: set by one command, shown by another.
class Setting final : public StormKind {
 public:
  explicit Setting(const std::string& directory) : path_(directory + "/value") {}
  PlainChange prepare() override {
    write_content(path_, "region up\n");
    const std::string self = fs::read_symlink("/proc/self/exe").string();
    PlainChange change = plain_change("setting:" + path_);
    change.apply = operation("exec", {self, "--setting", path_, "drain"});
    change.verify = operation("exec", {self, "--setting", path_});
    change.verify.contains = "region drain";
    change.undo = operation("exec", {self, "--setting", path_, "up"});
    change.undo.contains = "region drain";
    change.verify_undone = operation("exec", {self, "--setting", path_});
    change.verify_undone.contains = "region up";
    return change;
  }
  std::string left() override {
    return content_of(path_) == "region up\n" ? "" : "the value is " + content_of(path_);
  }
  std::string snapshot() override { return content_of(path_); }
  void replace() const { write_content(path_, "region maint\n"); }

 private:
  std::string path_;
};

void replace_file(const std::string& path, Chance& chance) {
  const std::string beside = path + ".other";
  switch (chance.below(4)) {
    case 0:
      write_content(path, "of somebody else\n");
      return;
    case 1:
      write_content(beside, "of somebody else\n");
      return fs::rename(beside, path);
    case 2:
      fs::remove(path);
      return;
    default:
      fs::remove(path);
      fs::create_symlink("/etc/hostname", path);
  }
}

void replace_table(const std::string& table) {
  int status = 0;
  output_of({"nft", "-f", "-"},
            status,
            "delete table inet " + table + "\ntable inet " + table +
                " {\n  chain theirs {\n    type filter hook input priority 0;\n"
                "    ip saddr 192.0.2.7 drop\n  }\n}\n");
  if (status != 0) throw std::runtime_error("the stranger's table is refused");
}

/// By one of another kind under our own handle, by one of our kind under another, or by one that
/// came after ours had been taken away.
void replace_queue(Chance& chance) {
  const auto tc = [](std::vector<std::string> words) {
    int status = 0;
    const std::vector<std::string> place = {"dev", "lo", "root"};
    words.insert(words.begin() + 3, place.begin(), place.end());
    output_of(words, status);
    if (status != 0) throw std::runtime_error("the stranger's queue is refused");
  };
  const std::vector<std::string> limit = {"rate", "1mbit", "burst", "9000", "latency", "50ms"};
  std::vector<std::string> words = {"tc", "qdisc", "add", "handle", "7a32:", "tbf"};
  switch (chance.below(3)) {
    case 0:
      words = {"tc", "qdisc", "add", "handle", "7a31:", "pfifo"};
      break;
    case 1:
      words.insert(words.end(), limit.begin(), limit.end());
      break;
    default:
      words = {"tc", "qdisc", "add", "pfifo"};
  }
  tc({"tc", "qdisc", "del"});
  tc(words);
}

class Meanwhile {
 public:
  Meanwhile(const ContestOptions& options, std::string directory, Chance& chance, Tally& tally)
      : options_(options), directory_(std::move(directory)), chance_(chance), tally_(tally) {}

  void play(const std::string& name, int round) {
    const std::unique_ptr<StormKind> kind = name == "setting"
                                                ? std::make_unique<Setting>(directory_)
                                                : make_storm_kind(name, directory_);
    PlainChange change = kind->prepare();
    change.undone_within = kShortly;
    const std::string before = kind->snapshot();
    const Order order{"run-" + std::to_string(round), round, change};
    InForce fault(options_, directory_, order);
    const bool replaced = !chance_.one_in(5);
    if (replaced) replace(name, *kind, change);
    const std::string theirs = replaced ? kind->snapshot() : before;
    const auto undoer = static_cast<Undoer>(chance_.below(5));
    std::string state = fault.undone_by(undoer);
    const std::string story =
        name + (replaced ? " replaced, " : ", ") + kUndoers[static_cast<int>(undoer)] + ": ";
    judge(state, replaced, story);
    tally_.note(kind->snapshot() == theirs,
                story + "theirs was\n" + theirs + "\nand is\n" + kind->snapshot());
    if (!replaced) return;
    ++tally_.left_alone;
    const UndoneReport again = recovered(options_, directory_, order);
    tally_.note(!is_clean_stage(again.state) && !again.residue.empty(),
                story + "then recover says " + again.state);
    tally_.note(kind->snapshot() == theirs, story + "then recover wrote over it");
  }

 private:
  void replace(const std::string& name, const StormKind& kind, const PlainChange& change) {
    if (name == "file") return replace_file(change.apply.args[0], chance_);
    if (name == "nft") return replace_table(change.verify_undone.lacks);
    if (name == "qdisc") return replace_queue(chance_);
    static_cast<const Setting&>(kind).replace();
  }

  void judge(const std::string& state, bool replaced, const std::string& story) {
    const std::string word = state.substr(0, state.find(':'));
    if (word == "conflict") ++tally_.told;
    tally_.note(replaced ? word == "conflict" : is_clean_stage(word), story + state);
  }

  const ContestOptions& options_;
  std::string directory_;
  Chance& chance_;
  Tally& tally_;
};

/// Plays the rounds in workers side by side, each with its own share, and adds up what they found.
int in_rounds(const ContestOptions& options,
              const std::string& root,
              Tally& sum,
              const std::function<void(const std::string&, int, Chance&, Tally&)>& round) {
  auto* const tallies = static_cast<Tally*>(shared_memory(kWorkers * sizeof(Tally)));
  const int worst = in_workers(kWorkers, [&](int worker) {
    if (::unshare(CLONE_NEWNET) != 0) throw std::runtime_error("no network namespace");
    Chance chance(options.seed * 1000 + static_cast<std::uint64_t>(worker));
    for (int number = worker; number < options.rounds; number += kWorkers) {
      const std::string directory = root + "/" + std::to_string(number);
      fs::create_directories(directory);
      round(directory, number, chance, tallies[worker]);
      ++tallies[worker].rounds;
    }
    return 0;
  });
  for (int worker = 0; worker < kWorkers; ++worker) {
    sum.rounds += tallies[worker].rounds;
    sum.wrong += tallies[worker].wrong;
    sum.left_alone += tallies[worker].left_alone;
    sum.told += tallies[worker].told;
  }
  return sum.wrong == 0 && sum.rounds == options.rounds && sum.told > 0 ? worst : 1;
}

}  // namespace

int reused_number(const ContestOptions& options, const std::string& root) {
  Tally sum;
  const auto play = [&](const std::string& directory, int round, Chance& chance, Tally& tally) {
    const bool pause = round / kWorkers % 2 == 0;
    (pause ? pause_round : kill_round)(options, directory, round, chance, tally);
  };
  const int result = in_rounds(options, root, sum, play);
  std::printf(
      "reused numbers: %d rounds, %d wrong; %d told as gone or not undone, %d strangers left "
      "alone\n",
      sum.rounds,
      sum.wrong,
      sum.told,
      sum.left_alone);
  return result;
}

int changed_meanwhile(const ContestOptions& options, const std::string& root) {
  static const std::vector<std::string> kKinds = {"file", "nft", "qdisc", "setting"};
  Tally sum;
  const auto play = [&](const std::string& directory, int round, Chance& chance, Tally& tally) {
    const auto kind = static_cast<std::size_t>(round / kWorkers) % kKinds.size();
    Meanwhile(options, directory, chance, tally).play(kKinds[kind], round);
  };
  const int result = in_rounds(options, root, sum, play);
  std::printf(
      "changed meanwhile: %d rounds, %d wrong; %d told as conflict, %d versions of others left "
      "alone\n",
      sum.rounds,
      sum.wrong,
      sum.told,
      sum.left_alone);
  return result;
}

int run_contest_helper(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments[0] != "--setting") return -1;
  if (arguments.size() == 3) {
    write_content(arguments[1] + ".new", "region " + arguments[2] + "\n");
    fs::rename(arguments[1] + ".new", arguments[1]);
  } else {
    std::fputs(content_of(arguments[1]).c_str(), stdout);
  }
  return 0;
}

}  // namespace muster
