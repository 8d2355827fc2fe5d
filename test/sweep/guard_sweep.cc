// Ends the real guard, and the real `recover`, at every system call that they make, one after the
// other, and makes every call fail that can; after each, an oracle that knows nothing of muster
// looks whether anything is left that muster calls clean, and `recover` has to put back the rest.
// Everything happens in namespaces of its own.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>

#include "test/faults/guard_process.h"
#include "test/storm/kinds.h"
#include "test/storm/namespaces.h"
#include "test/sweep/failing_calls.h"
#include "test/sweep/meeting.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

/// Long enough for a busy machine. A guard that cannot reach us any more ends by it.
constexpr std::int64_t kLease = 10 * kTestSecond;
/// Who waits for another process makes a few calls more or fewer each time: a call near the end of
/// one run may lie beyond the end of the next.
constexpr int kTries = 6;

struct Options {
  std::vector<std::string_view> kinds = {"file"};
  int every = 1;  ///< only every so many-th call, but the first and the last of each name
  bool errors = false;
  std::string guard = guard_program();
};

std::string self() {
  return fs::read_symlink("/proc/self/exe").string();
}

struct Tally {
  int boundaries = 0;
  int met = 0;
  int beyond = 0;  ///< not met in any try: each run ended before, its last call included
  int left = 0;    ///< in force after the last recover, or recover does not say clean
  int untrue = 0;  ///< called clean while it was in force
  std::vector<std::string> failures;

  bool good() const { return left == 0 && untrue == 0 && met > 0 && met + beyond == boundaries; }
};

/// What a conversation with a guard came to.
struct Answer {
  std::string state;  ///< of its last word, or "refused"; empty if it ended without one
  bool hung = false;

  bool says_clean() const {
    return state == "clean" || state == "clean-by-guard" || state == "target-gone";
  }
};

/// Asks for whatever comes next, to the end of the guard's output.
Answer talk_to_end(GuardProcess& process) {
  Answer answer;
  try {
    while (const auto frame = process.receive()) {
      if (frame->type == FrameType::Armed) process.send(FrameType::Inject);
      if (frame->type == FrameType::Active) process.send(FrameType::Undo);
      if (frame->type == FrameType::Refused) answer.state = "refused";
      if (frame->type == FrameType::Undone) answer.state = from_frame<UndoneReport>(*frame).state;
    }
  } catch (const ProtocolError&) {
    answer.state.clear();  // killed in the middle of a frame
  } catch (const std::runtime_error&) {
    answer.hung = true;
  }
  process.close_input();
  return answer;
}

class Sweep {
 public:
  Sweep(const Options& options, std::string_view kind, std::string directory)
      : options_(options),
        directory_(std::move(directory)),
        kind_(make_storm_kind(kind, directory_)) {}

  Tally of_guard() {
    const Meeting all{true, 0, 0, log_path()};
    begin();
    const Answer undisturbed = serve(all);
    if (undisturbed.state != "clean") throw std::runtime_error("an undisturbed guard failed");
    return each_boundary(read_log(log_path()).calls, [&](Meeting meeting, Tally& tally) {
      meeting.in_fork = true;
      begin();
      check(serve(meeting), tally, meeting);
    });
  }

  Tally of_recover() {
    begin();
    leave_in_force();
    if (!recover(Meeting{false, 0, 0, log_path()}).says_clean())
      throw std::runtime_error("an undisturbed recover failed");
    return each_boundary(read_log(log_path()).calls, [&](const Meeting& meeting, Tally& tally) {
      begin();
      leave_in_force();
      check(recover(meeting), tally, meeting);
    });
  }

 private:
  using Boundary = std::function<void(Meeting, Tally&)>;

  Tally each_boundary(const std::vector<int>& calls, const Boundary& boundary) const {
    Tally tally;
    for (const int at : chosen(calls)) {
      std::vector<CallError> errors = {{0, "KILL"}};
      if (options_.errors) errors = errors_of_call(calls[static_cast<std::size_t>(at) - 1]);
      for (const CallError& error : errors) {
        ++tally.boundaries;
        Met met;
        for (int tried = 0; tried < kTries && !met.met; ++tried) {
          boundary({false, at, error.error, log_path()}, tally);
          met = read_log(log_path());
        }
        tally.met += met.met;
        tally.beyond += !met.met && static_cast<int>(met.calls.size()) < at;
      }
    }
    return tally;
  }

  std::vector<int> chosen(const std::vector<int>& calls) const {
    std::map<int, std::pair<int, int>> ends;
    for (int at = 1; at <= static_cast<int>(calls.size()); ++at) {
      const auto place = ends.try_emplace(calls[static_cast<std::size_t>(at) - 1], at, at).first;
      place->second.second = at;
    }
    std::vector<int> result;
    for (int at = 1; at <= static_cast<int>(calls.size()); ++at) {
      const auto& [first, last] = ends.at(calls[static_cast<std::size_t>(at) - 1]);
      if (at == first || at == last || at % options_.every == 0) result.push_back(at);
    }
    return result;
  }

  void begin() {
    change_ = kind_->prepare();
    change_.lease = kLease;
    fs::remove_all(guards());
    ++round_;
  }

  std::string guards() const { return directory_ + "/guard"; }
  std::string log_path() const { return directory_ + "/log"; }
  Order order() const { return {"sweep-" + std::to_string(round_), round_, change_}; }

  GuardProcess start(const Meeting& meeting, const char* mode) const {
    return GuardProcess(words_of(meeting, self(), {options_.guard, mode, "--dir", guards()}));
  }

  Answer serve(const Meeting& meeting) const {
    GuardProcess process = start(meeting, "serve");
    process.send(to_frame(FrameType::Arm, order()));
    return end_of(process);
  }

  Answer recover(const Meeting& meeting) const {
    GuardProcess process = start(meeting, "recover");
    process.send(to_frame(FrameType::Recover, order()));
    return end_of(process);
  }

  static Answer end_of(GuardProcess& process) {
    const Answer answer = talk_to_end(process);
    if (answer.hung) ::kill(process.pid(), SIGKILL);
    process.wait();
    return answer;
  }

  void leave_in_force() {
    GuardProcess process(options_.guard, "serve", guards());
    const ArmedReport armed = process.arm(order());
    process.inject();
    kill_both(process, armed);  // else the second guard undoes, and recover only looks on
    if (kind_->left().empty()) throw std::runtime_error("nothing is left for recover");
  }

  /// Whether `list` calls every change clean.
  bool listed_clean() const {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::execl(options_.guard.c_str(), "guard", "list", "--dir", guards().c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(out[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(count));
    ::close(out[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status == 0 &&
           (text.empty() || text.starts_with("clean") || text.starts_with("target-gone"));
  }

  void check(const Answer& answer, Tally& tally, const Meeting& meeting) {
    const std::string now = kind_->left();
    if (!now.empty() && (answer.says_clean() || listed_clean())) {
      ++tally.untrue;
      tally.failures.push_back(place(meeting) + "called clean, but " + now);
    }
    if (answer.hung) {
      ++tally.left;
      tally.failures.push_back(place(meeting) + "it hung");
    }
    const Answer recovered = recover(Meeting{false, 0, 0, directory_ + "/other-log"});
    const std::string at_last = kind_->left();
    if (!at_last.empty() || !recovered.says_clean() || !listed_clean()) {
      ++tally.left;
      tally.failures.push_back(place(meeting) + "after recover, which says " +
                               (recovered.state.empty() ? "nothing" : recovered.state) + ": " +
                               (at_last.empty() ? "nothing is left" : at_last));
    }
  }

  static std::string place(const Meeting& meeting) {
    return "at call " + std::to_string(meeting.at) +
           (meeting.error == 0 ? ", killed: " : ", errno " + std::to_string(meeting.error) + ": ");
  }

  const Options& options_;
  std::string directory_;
  std::unique_ptr<StormKind> kind_;
  PlainChange change_;
  int round_ = 0;
};

bool sweep_part(const Options& options,
                std::string_view kind,
                const std::string& root,
                const char* part) {
  const std::string directory = root + "/" + std::string(kind) + "-" + part;
  fs::create_directories(directory);
  Tally tally;
  try {
    Sweep sweep(options, kind, directory);
    tally = std::string_view(part) == "guard" ? sweep.of_guard() : sweep.of_recover();
  } catch (const std::exception& error) {
    tally.failures.emplace_back(error.what());
  }
  std::string beyond;
  if (tally.beyond > 0) {
    beyond = " (" + std::to_string(tally.beyond) +
             " of a run that waited longer were not reached in " + std::to_string(kTries) +
             " tries, which ended before)";
  }
  std::printf("%s%-7.*s %-7s %s at %d of %d boundaries%s: %d left, %d untrue\n",
              tally.good() ? "" : "ERROR: ",
              static_cast<int>(kind.size()),
              kind.data(),
              part,
              options.errors ? "a call failed" : "killed",
              tally.met,
              tally.boundaries,
              beyond.c_str(),
              tally.left,
              tally.untrue);
  for (const std::string& line : tally.failures) std::printf("  %s\n", line.c_str());
  std::fflush(stdout);
  return tally.good();
}

/// Guard and recover side by side, each in namespaces of its own: a boundary is mostly waiting.
int sweep_all(const Options& options) {
  std::map<int, int> ends;  // exit code, how often
  for (const std::string_view kind : options.kinds) {
    std::vector<pid_t> workers;
    for (const char* const part : {"guard", "recover"}) {
      std::fflush(stdout);
      workers.push_back(::fork());
      if (workers.back() != 0) continue;
      ::_exit(in_own_namespaces(
          [&](const std::string& root) { return sweep_part(options, kind, root, part) ? 0 : 1; }));
    }
    for (const pid_t worker : workers) {
      int status = 0;
      ::waitpid(worker, &status, 0);
      ++ends[WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)];
    }
  }
  if (ends.contains(kSkipped)) return kSkipped;
  const int passed = ends[0];
  const int failed = 2 * static_cast<int>(options.kinds.size()) - passed;
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

int usage() {
  std::puts(
      "guard_sweep [--errors] [--every N] [--kind NAME | --all-kinds] [--guard PROGRAM]\n"
      "Kills the guard and recover at every system call, or makes every call fail; every N-th "
      "only.\n"
      "Exit code 1: something was left, or was called clean while it was in force.");
  return 2;
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const int helped = muster::run_storm_helper(arguments); helped >= 0) return helped;
  if (const int met = muster::run_meeting(arguments); met >= 0) return met;
  if (arguments.size() == 2 && arguments[0] == "--errors-of") {  // for run_sweep
    for (const auto& each : muster::errors_of_call(std::stoi(arguments[1])))
      std::printf("%d\n", each.error);
    return 0;
  }
  muster::Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size();
    if (arguments[i] == "--errors")
      options.errors = true;
    else if (arguments[i] == "--all-kinds")
      options.kinds = muster::storm_kinds();
    else if (arguments[i] == "--every" && has_value)
      options.every = std::max(1, std::stoi(arguments[++i]));
    else if (arguments[i] == "--kind" && has_value)
      options.kinds = {arguments[++i]};
    else if (arguments[i] == "--guard" && has_value)
      options.guard = arguments[++i];
    else
      return muster::usage();
  }
  return muster::sweep_all(options);
}
