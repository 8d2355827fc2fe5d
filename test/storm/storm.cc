// A kill -9 storm: a runner arms, injects and undoes one change through the real guard, and is
// killed at a random instant; with --kill-guard the guard is killed too, in one round of three its
// second as well, and then `recover` up to three times. An oracle looks at what is left: before
// `recover` where the second guard lived, and at the end. Everything happens in namespaces of its
// own, so nothing can leak to the machine.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <random>
#include <sstream>

#include <sys/mman.h>

#include "test/faults/guard_process.h"
#include "test/storm/kinds.h"
#include "test/storm/namespaces.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr int kUndisturbed = 5;
constexpr std::int64_t kMillisecond = 1'000'000;

struct Options {
  int rounds = 500;
  std::uint64_t seed = 1;
  std::string kind;
  std::string guard = guard_program();
  bool kill_guard = false;
};

std::int64_t boottime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * kTestSecond + now.tv_nsec;
}

void sleep_until(std::int64_t at) {
  const timespec when{at / kTestSecond, at % kTestSecond};
  while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

/// What the runner of a round tells the storm, in memory that both have.
struct Shared {
  volatile pid_t waiter;          ///< parent of the guard
  volatile std::int64_t ordered;  ///< when it gave the order to inject
  volatile std::int64_t ended;    ///< when it had asked for the undo
  volatile bool failed;
};

struct Tally {
  int rounds = 0;
  int left = 0;
  int unclean = 0;  ///< rounds whose record does not end clean, whatever the oracle says
  int refused =
      0;  ///< rounds that were no test: the runner failed though nobody had killed anything yet
  int in_force = 0;  ///< rounds in which apply had begun when the first of the two was killed
  int guards_killed = 0;
  int seconds_killed = 0;
  int left_to_recover = 0;  ///< rounds in which both were killed and something was in force then
  int recovers_killed = 0;
  std::vector<double> latencies;  ///< ms from the kill of the runner until the guard had undone
};

std::int64_t median(std::vector<std::int64_t> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Kill {
  std::int64_t at;
  std::function<void()> action;
};

class Storm {
 public:
  Storm(const Options& options, std::string_view kind, std::string directory)
      : options_(options),
        directory_(std::move(directory)),
        kind_name_(kind),
        kind_(make_storm_kind(kind, directory_)),
        random_(options.seed ^ std::hash<std::string_view>{}(kind)),
        shared_(static_cast<Shared*>(::mmap(
            nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}

  Tally run() {
    for (int round = 0; round < kUndisturbed; ++round) learn_length(round);
    length_ = median(lengths_);
    in_force_length_ = median(in_force_lengths_);
    for (int round = 0; round < options_.rounds; ++round) play(round + kUndisturbed);
    return tally_;
  }

 private:
  /// How long an undisturbed round takes until the undo is asked for; kills fall into that time and
  /// a little behind.
  void learn_length(int round) {
    const std::int64_t began = start_runner(round);
    wait_for_silence();
    if (shared_->ended == 0) throw std::runtime_error("an undisturbed round failed");
    lengths_.push_back(shared_->ended - began);
    in_force_lengths_.push_back(shared_->ended - shared_->ordered);
    check(round, "undisturbed");
  }

  void play(int round) {
    const std::int64_t began = start_runner(round);
    const std::int64_t from = start_of_window(began);
    const std::int64_t window = from == began ? length_ : in_force_length_ + in_force_length_ / 4;
    const std::int64_t at = from + below(window);
    const std::int64_t guard_at = from + below(window);
    std::int64_t killed = at;
    std::vector<Kill> kills = {{at, [&] {
                                  ::kill(runner_, SIGKILL);
                                  killed = boottime();
                                }}};
    bool second_killed = false;
    if (options_.kill_guard) {
      kills.push_back({guard_at, [&] {
                         kill_guard();
                       }});
      if (random_() % 3 == 0)
        kills.push_back({from + below(window), [&] {
                           second_killed = kill_second();
                         }});
    }
    std::ranges::sort(kills, {}, &Kill::at);
    for (const Kill& kill : kills) {
      sleep_until(kill.at);
      kill.action();
    }
    wait_for_silence();
    if (!options_.kill_guard && shared_->failed) ++tally_.refused;
    note_record(round, std::min(killed, options_.kill_guard ? guard_at : killed), killed);
    const std::string how = "killed after " + std::to_string((killed - began) / 1000) + " us";
    if (options_.kill_guard) {
      if (!second_killed)
        check(round, how + ", before recover");
      else if (!kind_->left().empty())
        ++tally_.left_to_recover;
      recover(round);
    }
    ++tally_.rounds;
    check(round, how);
  }

  /// One kill in four falls anywhere, the others while the change is being applied, in force, or
  /// being undone.
  std::int64_t start_of_window(std::int64_t began) {
    if (random_() % 4 == 0) return began;
    while (shared_->ordered == 0 && !shared_->failed) ::usleep(50);
    return shared_->failed ? began : shared_->ordered;
  }

  std::int64_t start_runner(int round) {
    change_ = kind_->prepare();
    shared_->waiter = 0;
    shared_->ordered = 0;
    shared_->ended = 0;
    shared_->failed = false;
    if (::pipe(alive_) != 0) throw std::runtime_error("pipe");
    const std::int64_t hold = below(2 * kMillisecond);
    const std::int64_t began = boottime();
    runner_ = ::fork();
    if (runner_ == 0) be_runner(round, hold);
    ::close(alive_[1]);
    return began;
  }

  Order order(int round) const { return {"storm-" + std::to_string(round), round, change_}; }

  /// Never returns. Whatever it starts inherits the writing end of `alive_`, until it executes
  /// another program.
  [[noreturn]] void be_runner(int round, std::int64_t hold) {
    ::dup2(alive_[1], 2);
    ::close(alive_[1]);
    try {
      GuardProcess guard(options_.guard, "serve", directory_ + "/guard");
      shared_->waiter = guard.pid();
      guard.arm(order(round));
      shared_->ordered = boottime();
      guard.inject();
      sleep_until(boottime() + hold);
      guard.send(FrameType::Undo);
      shared_->ended = boottime();
      guard.undone();
    } catch (const std::exception&) {
      shared_->failed =
          true;  // its guard was killed: a runner then stops, and recovery is the storm's part
    }
    ::_exit(0);
  }

  void kill_guard() {
    const std::string waiter = std::to_string(shared_->waiter);
    const std::string children = content_of("/proc/" + waiter + "/task/" + waiter + "/children");
    if (shared_->waiter == 0 || children.empty()) return;
    if (::kill(std::stoi(children), SIGKILL) == 0) ++tally_.guards_killed;
  }

  bool kill_second() {
    for (const pid_t pid : guards_in(directory_ + "/guard")) {
      if (process_text(pid, "comm") != "muster-guard-2\n") continue;
      if (::kill(pid, SIGKILL) != 0) return false;
      ++tally_.seconds_killed;
      return true;
    }
    return false;
  }

  /// Until the runner and the guard, and whatever the guard forked, have ended.
  void wait_for_silence() {
    char byte = 0;
    while (::read(alive_[0], &byte, 1) < 0 && errno == EINTR) {
    }
    ::close(alive_[0]);
    ::waitpid(runner_, nullptr, 0);
    if (!no_guards_left(directory_ + "/guard")) throw std::runtime_error("a guard does not end");
  }

  void recover(int round) {
    const std::uint64_t attempts = random_() % 4;
    for (std::uint64_t attempt = 0; attempt < attempts; ++attempt) {
      GuardProcess process(options_.guard, "recover", directory_ + "/guard");
      process.send(to_frame(FrameType::Recover, order(round)));
      sleep_until(boottime() + below(8 * kMillisecond));
      ::kill(process.pid(), SIGKILL);
      ++tally_.recovers_killed;
    }
    GuardProcess process(options_.guard, "recover", directory_ + "/guard");
    process.send(to_frame(FrameType::Recover, order(round)));
    const UndoneReport report = process.undone();
    const bool clean = report.state == "clean" || report.state == "clean-by-guard" ||
                       report.state == "target-gone";
    if (!clean)
      std::printf("%s round %d: recover says %s: %s\n",
                  kind_name_.c_str(),
                  round,
                  report.state.c_str(),
                  report.evidence.c_str());
  }

  /// Reads when the guard undid from its record: only for the figures, never for the verdict.
  void note_record(int round, std::int64_t first_kill, std::int64_t runner_killed) {
    for (const Frame& frame : transitions(round)) {
      const std::int64_t at = std::stoll(frame.fields[1]);
      if (frame.fields[0] == "injecting" && at <= first_kill) ++tally_.in_force;
      if (frame.fields[0] != "undoing" || at < runner_killed) continue;
      tally_.latencies.push_back(static_cast<double>(at - runner_killed) / kMillisecond);
    }
  }

  void check(int round, const std::string& how) {
    const std::string left = kind_->left();
    if (!left.empty()) {
      ++tally_.left;
      std::printf(
          "%s round %d (%s): LEFT: %s\n", kind_name_.c_str(), round, how.c_str(), left.c_str());
    }
    const std::string stage = last_stage(round);
    const bool clean =
        stage.empty() || stage == "clean" || stage == "clean-by-guard" || stage == "target-gone";
    if (clean) return;
    ++tally_.unclean;
    std::printf("%s round %d (%s): the record ends %s\n",
                kind_name_.c_str(),
                round,
                how.c_str(),
                stage.c_str());
    fs::remove_all(directory_ + "/guard/records");  // or every later round would be refused
  }

  std::string last_stage(int round) const {
    std::string stage;
    for (const Frame& frame : transitions(round)) stage = frame.fields[0];
    return stage;
  }

  std::vector<Frame> transitions(int round) const {
    const std::string run = ".storm-" + std::to_string(round) + "_";
    std::vector<Frame> found;
    if (!fs::exists(directory_ + "/guard/records")) return found;
    for (const auto& entry : fs::directory_iterator(directory_ + "/guard/records")) {
      if (entry.path().extension() != ".record" ||
          entry.path().string().find(run) == std::string::npos)
        continue;
      std::string bytes = content_of(entry.path());
      Frame frame;
      std::size_t used = 0;
      for (; decode(bytes, frame, used) == Decoded::Complete; bytes.erase(0, used)) {
        if (frame.type == FrameType::State) found.push_back(frame);
      }
    }
    return found;
  }

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() %
                                     static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 1)));
  }

  const Options& options_;
  std::string directory_;
  std::string kind_name_;
  std::unique_ptr<StormKind> kind_;
  std::mt19937_64 random_;
  Shared* shared_;
  PlainChange change_;
  Tally tally_;
  std::vector<std::int64_t> lengths_;
  std::vector<std::int64_t> in_force_lengths_;
  std::int64_t length_ = 0;           ///< from the start of the runner until it asked for the undo
  std::int64_t in_force_length_ = 0;  ///< from its order to inject
  pid_t runner_ = 0;
  int alive_[2] = {-1, -1};
};

double percentile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void report(std::string_view kind, Tally tally) {
  std::printf("%-7.*s rounds %5d   left %3d   in force at the kill %5d",
              static_cast<int>(kind.size()),
              kind.data(),
              tally.rounds,
              tally.left,
              tally.in_force);
  std::ranges::sort(tally.latencies);
  if (!tally.latencies.empty()) {
    std::printf("   undone after p50 %.2f ms  p99 %.2f ms  max %.2f ms",
                percentile(tally.latencies, 0.5),
                percentile(tally.latencies, 0.99),
                percentile(tally.latencies, 1));
  }
  if (tally.guards_killed > 0) {
    std::printf("   guards killed %d  their seconds %d (left to recover %d)  recovers killed %d",
                tally.guards_killed,
                tally.seconds_killed,
                tally.left_to_recover,
                tally.recovers_killed);
  }
  if (tally.unclean > 0 || tally.refused > 0)
    std::printf("   UNCLEAN %d  REFUSED %d", tally.unclean, tally.refused);
  std::printf("\n");
}

int storm_of(const Options& options, std::string_view kind, const std::string& root) {
  const std::string directory = root + "/" + std::string(kind);
  fs::create_directories(directory + "/guard");
  try {
    const Tally tally = Storm(options, kind, directory).run();
    report(kind, tally);
    std::fflush(stdout);
    return tally.left + tally.unclean + tally.refused == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("%.*s: %s\n", static_cast<int>(kind.size()), kind.data(), error.what());
    std::fflush(stdout);
    return 2;
  }
}

/// All kinds side by side: a round is mostly waiting. This is process 1 of its namespace, so it
/// reaps what is orphaned.
int storm_of_all(const Options& options, const std::string& root) {
  std::vector<pid_t> workers;
  for (const std::string_view kind : storm_kinds()) {
    if (!options.kind.empty() && options.kind != kind) continue;
    std::fflush(stdout);
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int result = storm_of(options, kind, root);
      ::_exit(result);
    }
    workers.push_back(pid);
  }
  int worst = workers.empty() ? 2 : 0;
  while (!workers.empty()) {
    int status = 0;
    const pid_t ended = ::wait(&status);
    if (std::erase(workers, ended) == 0) continue;
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 2);
  }
  return worst;
}

int storm(const Options& options) {
  const std::int64_t began = boottime();
  const int result =
      in_own_namespaces([&](const std::string& root) { return storm_of_all(options, root); });
  if (result == kSkipped) return result;
  std::printf("%s after %.1f s, seed %llu\n",
              result == 0 ? "nothing left" : "FAILED",
              static_cast<double>(boottime() - began) / kTestSecond,
              static_cast<unsigned long long>(options.seed));
  return result;
}

int usage() {
  std::puts(
      "storm [--rounds N] [--seed S] [--kind pause|start|file|nft|holder|touch] [--kill-guard] "
      "[--guard PROGRAM]\n"
      "N rounds of each kind. Exit code 1: something was left, or a round was no test.");
  return 2;
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const int helped = muster::run_storm_helper(arguments); helped >= 0) return helped;
  muster::Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size();
    if (arguments[i] == "--kill-guard")
      options.kill_guard = true;
    else if (arguments[i] == "--rounds" && has_value)
      options.rounds = std::stoi(arguments[++i]);
    else if (arguments[i] == "--seed" && has_value)
      options.seed = std::stoull(arguments[++i]);
    else if (arguments[i] == "--kind" && has_value)
      options.kind = arguments[++i];
    else if (arguments[i] == "--guard" && has_value)
      options.guard = arguments[++i];
    else
      return muster::usage();
  }
  return muster::storm(options);
}
