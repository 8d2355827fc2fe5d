#include "test/sweep/meeting.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster {

namespace {

constexpr const char* kWord = "--meet";
constexpr int kSyscallStop = SIGTRAP | 0x80;

long trace(int request, pid_t pid, long address = 0, long data = 0) {
  return ::ptrace(static_cast<__ptrace_request>(request), pid, address, data);
}

class Tracer {
 public:
  Tracer(Meeting meeting, std::vector<char*> argv)
      : meeting_(std::move(meeting)), argv_(std::move(argv)) {}

  int run() {
    start();
    if (meeting_.in_fork) follow_fork();
    trace(PTRACE_SYSCALL, target_);
    while (step()) {
    }
    write_log();
    int status = target_status_;
    if (target_ != program_ || detached_) {
      while (::waitpid(program_, &status, 0) < 0 && errno == EINTR) {
      }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  void start() {
    program_ = ::fork();
    if (program_ == 0) {
      trace(PTRACE_TRACEME, 0);
      ::raise(SIGSTOP);
      ::execvp(argv_[0], argv_.data());
      ::_exit(127);
    }
    // The other ends of the program's input and output are to end with the program.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int mine : {STDIN_FILENO, STDOUT_FILENO}) ::dup2(nothing, mine);
    int status = 0;
    ::waitpid(program_, &status, 0);
    trace(PTRACE_SETOPTIONS,
          program_,
          0,
          PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
              PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    do {
      trace(PTRACE_CONT, program_);
      if (::waitpid(program_, &status, 0) < 0 || !WIFSTOPPED(status))
        throw std::runtime_error(std::string("cannot run ") + argv_[0]);
    } while (status >> 16 != PTRACE_EVENT_EXEC);
    target_ = program_;
  }

  /// From the program to the process that it forks; the program itself goes on alone.
  void follow_fork() {
    int status = 0;
    do {
      trace(PTRACE_CONT, program_, 0, 0);
      if (::waitpid(program_, &status, 0) < 0 || !WIFSTOPPED(status))
        throw std::runtime_error("it ended without a fork");
    } while (status >> 16 != PTRACE_EVENT_FORK);
    target_ = newborn();
    ::waitpid(target_, &status, __WALL);
    trace(PTRACE_DETACH, program_);
  }

  pid_t newborn() {
    unsigned long pid = 0;
    trace(PTRACE_GETEVENTMSG, target_, 0, reinterpret_cast<long>(&pid));
    return static_cast<pid_t>(pid);
  }

  /// To the next stop of the target; false when there is nothing more to see.
  bool step() {
    int status = 0;
    if (::waitpid(target_, &status, __WALL) < 0) return errno == EINTR;
    target_status_ = status;
    if (!WIFSTOPPED(status)) return false;
    const int event = status >> 16;
    long signal = 0;
    if (WSTOPSIG(status) == kSyscallStop) {
      at_call();
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
               event == PTRACE_EVENT_CLONE) {
      const pid_t child = newborn();
      int ignored = 0;
      ::waitpid(child, &ignored, __WALL);
      trace(PTRACE_DETACH, child);
    } else if (event == 0) {
      signal = WSTOPSIG(status);
    }
    detached_ = met_ && meeting_.error != 0 && !failing_;
    trace(detached_ ? PTRACE_DETACH : PTRACE_SYSCALL, target_, 0, signal);
    return !detached_;
  }

  void at_call() {
    __ptrace_syscall_info info{};
    trace(PTRACE_GET_SYSCALL_INFO, target_, sizeof info, reinterpret_cast<long>(&info));
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && failing_) {
      failing_ = false;
      set_register(&user_regs_struct::rax, -meeting_.error);
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    calls_.push_back(static_cast<int>(info.entry.nr));
    if (static_cast<int>(calls_.size()) != meeting_.at) return;
    met_ = true;
    if (meeting_.error == 0) {
      ::kill(target_, SIGKILL);
    } else {
      failing_ = true;
      set_register(&user_regs_struct::orig_rax, -1);  // no such call: nothing is done
    }
  }

  void set_register(unsigned long long user_regs_struct::*which, long long value) {
    user_regs_struct registers{};
    trace(PTRACE_GETREGS, target_, 0, reinterpret_cast<long>(&registers));
    registers.*which = static_cast<unsigned long long>(value);
    trace(PTRACE_SETREGS, target_, 0, reinterpret_cast<long>(&registers));
  }

  void write_log() const {
    std::ofstream log(meeting_.log);
    for (const int call : calls_) log << call << '\n';
    if (met_) log << "met\n";
  }

  Meeting meeting_;
  std::vector<char*> argv_;
  std::vector<int> calls_;
  pid_t program_ = 0;
  pid_t target_ = 0;
  int target_status_ = 0;
  bool met_ = false;
  bool failing_ = false;   ///< between the entry and the exit of the call that fails
  bool detached_ = false;  ///< the call has failed; the target goes on alone
};

}  // namespace

std::vector<std::string> words_of(const Meeting& meeting,
                                  const std::string& self,
                                  std::vector<std::string> argv) {
  std::vector<std::string> words = {self,
                                    kWord,
                                    meeting.in_fork ? "fork" : "program",
                                    std::to_string(meeting.at),
                                    std::to_string(meeting.error),
                                    meeting.log};
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

int run_meeting(const std::vector<std::string>& arguments) {
  constexpr std::size_t kOwnWords = 5;
  if (arguments.size() <= kOwnWords || arguments[0] != kWord) return -1;
  Meeting meeting;
  meeting.in_fork = arguments[1] == "fork";
  meeting.at = std::stoi(arguments[2]);
  meeting.error = std::stoi(arguments[3]);
  meeting.log = arguments[4];
  std::vector<char*> argv;
  for (std::size_t i = kOwnWords; i < arguments.size(); ++i)
    argv.push_back(const_cast<char*>(arguments[i].c_str()));
  argv.push_back(nullptr);
  try {
    return Tracer(std::move(meeting), std::move(argv)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", kWord, error.what());
    return 127;
  }
}

Met read_log(const std::string& path) {
  Met met;
  std::ifstream log(path);
  for (std::string line; std::getline(log, line);) {
    if (line == "met")
      met.met = true;
    else
      met.calls.push_back(std::stoi(line));
  }
  return met;
}

}  // namespace muster
