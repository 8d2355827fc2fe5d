#pragma once

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/guard/protocol.h"
#include "faults/undone_report.h"

/// The real muster-guard, driven frame by frame: for its tests and for the storm.
namespace muster {

inline constexpr std::int64_t kTestSecond = 1'000'000'000;

/// The guard beside the test program, or the one that test/mutants names.
inline std::string guard_program() {
  if (const char* const named = std::getenv("MUSTER_TEST_GUARD")) return named;
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "muster-guard").string();
}

/// A directory that goes away with the object.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_content(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// Guards that this process starts from now on may do what tests do, unless MUSTER_ALLOW already
/// says what they may.
inline void opt_in() {
  static const TestDirectory directory;
  static const std::string path = directory / "allow.conf";
  if (std::filesystem::exists(path)) return;
  write_content(path, "allow command\nmax-duration 30d\n");
  ::chmod(path.c_str(), 0600);
  ::setenv("MUSTER_ALLOW", path.c_str(), 0);
}

class GuardProcess {
 public:
  GuardProcess(const std::string& program, const std::string& mode, const std::string& directory)
      : GuardProcess(std::vector<std::string>{program, mode, "--dir", directory}) {}
  /// Through whatever program starts it in the end, in a process that is first made `ready`.
  explicit GuardProcess(std::vector<std::string> words, const std::function<bool()>& ready = {}) {
    opt_in();
    int to[2];
    int from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(to[0], 0);
      ::dup2(from[1], 1);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      if (!ready || ready()) ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    input_ = to[1];
    output_ = from[0];
  }
  GuardProcess(const GuardProcess&) = delete;
  GuardProcess& operator=(const GuardProcess&) = delete;
  ~GuardProcess() {
    close_input();
    close_output();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  void send(const Frame& frame) const { send_bytes(encode(frame)); }
  void send(FrameType type) const { send({type, {}}); }
  void send_bytes(const std::string& bytes) const {
    std::signal(SIGPIPE, SIG_IGN);
    if (::write(input_, bytes.data(), bytes.size()) < 0)
      return;  // a guard that is gone is what some tests want
  }
  void close_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
  }
  void close_output() {
    if (output_ >= 0) ::close(output_);
    output_ = -1;
  }

  /// The next frame that is no mere answer to a heartbeat; nothing at the end of its output.
  std::optional<Frame> receive() {
    auto frame = receive_any();
    while (frame && frame->type == FrameType::Alive) frame = receive_any();
    return frame;
  }

  /// Nothing at the end of its output. A guard that says nothing for a minute is a failure.
  std::optional<Frame> receive_any() {
    Frame frame;
    while (!frames_.next(frame)) {
      char buffer[65536];
      pollfd ready{output_, POLLIN, 0};
      if (::poll(&ready, 1, 60'000) == 0) throw std::runtime_error("the guard says nothing");
      const ssize_t count = ::read(output_, buffer, sizeof buffer);
      if (count <= 0) return std::nullopt;
      frames_.add({buffer, static_cast<std::size_t>(count)});
    }
    return frame;
  }

  /// The next frame, which has to be of this type.
  Frame expect(FrameType type) {
    const auto frame = receive();
    if (!frame) throw std::runtime_error("the guard ended");
    if (frame->type != type) {
      throw std::runtime_error("the guard sent a frame of type " +
                               std::to_string(static_cast<int>(frame->type)) +
                               (frame->fields.empty() ? "" : ": " + frame->fields[0]));
    }
    return *frame;
  }

  ArmedReport arm(const Order& order) {
    send(to_frame(FrameType::Arm, order));
    return from_frame<ArmedReport>(expect(FrameType::Armed));
  }
  ActiveReport inject() {
    send(FrameType::Inject);
    return from_frame<ActiveReport>(expect(FrameType::Active));
  }
  UndoneReport undone() { return from_frame<UndoneReport>(expect(FrameType::Undone)); }
  UndoneReport undo() {
    send(FrameType::Undo);
    return undone();
  }

  pid_t pid() const { return pid_; }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  int output_ = -1;
  FrameReader frames_;
};

/// What /proc says of a process, at most 4 KiB; empty once it has ended.
inline std::string process_text(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char text[4096];
  const ssize_t length = file < 0 ? 0 : ::read(file, text, sizeof text);
  if (file >= 0) ::close(file);
  return {text, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

/// The processes that serve in this directory, the second guards too.
inline std::vector<pid_t> guards_in(const std::string& directory) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string words = process_text(std::stoi(name), "cmdline");
    if (words.find(std::string("serve\0--dir\0", 12) + directory + '\0') == std::string::npos)
      continue;
    found.push_back(std::stoi(name));
  }
  return found;
}

/// False where one is still there after `seconds`.
inline bool no_guards_left(const std::string& directory, int seconds = 10) {
  for (int look = 0; look < seconds * 20; ++look) {
    if (guards_in(directory).empty()) return true;
    ::usleep(50'000);
  }
  return false;
}

/// Ends a guard and its second, neither of which gets to undo, and waits until the lock is free.
inline void kill_both(GuardProcess& process, const ArmedReport& armed) {
  const auto first = static_cast<pid_t>(armed.pid);
  const auto second = static_cast<pid_t>(armed.second_guard);
  ::kill(second, SIGSTOP);
  ::kill(first, SIGKILL);
  process.wait();
  ::kill(second, SIGKILL);
}

/// A process to be paused or ended by the guard; killed and reaped with the object.
class Victim {
 public:
  Victim() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  char state() const {
    const std::string stat = content_of("/proc/" + std::to_string(pid_) + "/stat");
    const std::size_t bracket = stat.rfind(')');
    return bracket == std::string::npos ? '\0' : stat[bracket + 2];
  }

 private:
  pid_t pid_;
};

inline PlainOperation operation(std::string kind, std::vector<std::string> args = {}) {
  PlainOperation result;
  result.kind = std::move(kind);
  result.args = std::move(args);
  result.timeout = 5 * kTestSecond;
  return result;
}

/// A change with room for everything; lease and deadline far away.
inline PlainChange plain_change(std::string resource) {
  PlainChange change;
  change.id = "break/1";
  change.kind = "command";
  change.what = "a change of a test";
  change.place = "here";
  change.resource = std::move(resource);
  change.verify_within = 2 * kTestSecond;
  change.undone_within = 2 * kTestSecond;
  change.deadline = 600 * kTestSecond;
  change.lease = 600 * kTestSecond;
  return change;
}

/// Makes `file` by a program; what the other changes of the tests are built from.
inline PlainChange touch_change(const std::string& file) {
  PlainChange change = plain_change("file:" + file);
  change.apply = operation("exec", {"touch", file});
  change.verify = operation("exec", {"test", "-e", file});
  change.undo = operation("exec", {"rm", "-f", file});
  change.verify_undone = operation("exec", {"test", "!", "-e", file});
  return change;
}

inline PlainChange pause_change(pid_t pid) {
  PlainChange change = plain_change("process:" + std::to_string(pid));
  change.process = "pid:" + std::to_string(pid);
  change.apply = operation("signal", {"STOP"});
  change.verify = operation("stopped", {"yes"});
  change.undo = operation("signal", {"CONT"});
  change.verify_undone = operation("stopped", {"no"});
  return change;
}

}  // namespace muster
