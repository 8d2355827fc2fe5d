#include "faults/guard/child.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::guard {

namespace {

constexpr std::size_t kOutLimit = 1U << 20U;
constexpr std::size_t kErrLimit = 4096;
constexpr int kNotStarted = 127;
constexpr std::int64_t kPatience = 2 * kSecond;

char out_buffer[kOutLimit];
char err_buffer[kErrLimit];

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) != 0) fail_system(name);
    return name;
  }
  // Main has completed it.
  for (std::string_view rest = std::getenv("PATH"); !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (colon > 0 && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  throw GuardError(name + ": no such program on this host");
}

/// Not growable beyond what the guard is willing to read.
Descriptor memory_file(std::size_t size) {
  Descriptor file(::memfd_create("muster", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.open() && ::ftruncate(file.get(), static_cast<off_t>(size)) == 0) {
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
  }
  return file;
}

Descriptor input_file(const std::string& input) {
  if (input.empty()) return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Descriptor file = memory_file(input.size());
  if (!file.open() || !write_all(file.get(), input))
    fail_system("memory for the input of a program");
  return file;
}

/// What was written: the child shares our offset. Where that is lost, not even an address.
std::string_view read_back(const Descriptor& file, char* buffer, std::size_t size) {
  const off_t written = ::lseek(file.get(), 0, SEEK_CUR);
  if (written < 0) return {};
  const auto wanted = std::min(size, static_cast<std::size_t>(written));
  const ssize_t count = ::pread(file.get(), buffer, wanted, 0);
  if (count < 0) return {};
  return {buffer, static_cast<std::size_t>(count)};
}

bool says_ready(std::string_view out) {
  return out.starts_with("ready\n") || out.find("\nready\n") != std::string_view::npos;
}

}  // namespace

Line Ended::text() const {
  Line said;
  said.assign(err.empty() ? out : err);
  const char* const colon = said.empty() ? "" : ": ";
  Line number;
  if (how == How::Exited || how == How::Signalled) number.print("%d", code);
  constexpr const char* kEnds[] = {
      "exit code ", "ended by signal ", "no end within its time", "could not be started"};
  Line line;
  line.print("%s%s%s%s", kEnds[static_cast<int>(how)], number.c_str(), colon, said.c_str());
  return line;
}

Program::Program(std::vector<std::string> argv, std::string input, std::int64_t timeout)
    : words_(std::move(argv)), timeout_(timeout) {
  if (words_.empty()) throw GuardError("an operation names no program");
  path_ = find_program(words_.front());
  for (std::string& word : words_) argv_.push_back(word.data());
  argv_.push_back(nullptr);
  input_ = input_file(input);
}

/// In the child. Everything but 0, 1, 2 and `inherited` is closed by exec.
void Program::become(pid_t guard, int out, int err, int inherited) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) ::_exit(kNotStarted);  // it died before the line above
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  if (inherited >= 0) ::fcntl(inherited, F_SETFD, 0);
  ::lseek(input_.get(), 0, SEEK_SET);
  ::dup2(input_.get(), 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  ::umask(022);  // the guard's own would keep others from the sockets and logs of what it starts
  const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) write_all(score, "0");
  ::execv(path_.c_str(), argv_.data());
  ::dprintf(2, "%s: %s", path_.c_str(), std::strerror(errno));
  ::_exit(kNotStarted);
}

bool Program::launch(int inherited) {
  assert(pid_ == 0);  // serial: a program is never run twice at a time
  out_ = memory_file(kOutLimit);
  err_ = memory_file(kErrLimit);
  const pid_t guard = ::getpid();
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) {
    become(
        guard, out_.open() ? out_.get() : nowhere, err_.open() ? err_.get() : nowhere, inherited);
  }
  if (nowhere >= 0) ::close(nowhere);
  if (pid_ < 0) {
    pid_ = 0;
    return false;
  }
  ::setpgid(pid_, pid_);
  pidfd_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  return true;
}

void Program::kill_group(int signal) const {
  if (pid_ > 0)
    ::kill(-pid_, signal);  // it is our child and not reaped: the number is still its own
}

Ended Program::finish(Ended::How how) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
  }
  pid_ = 0;
  pidfd_ = Descriptor();
  Ended ended;
  ended.out = read_back(out_, out_buffer, sizeof out_buffer);
  ended.err = read_back(err_, err_buffer, sizeof err_buffer);
  ended.partial = ended.out.data() == nullptr || ended.out.size() == sizeof out_buffer;
  ended.code = info.si_status;
  ended.how = how;
  if (how == Ended::How::Exited && info.si_code != CLD_EXITED) ended.how = Ended::How::Signalled;
  if (ended.how == Ended::How::Exited && ended.code == kNotStarted)
    ended.how = Ended::How::NotStarted;
  return ended;
}

Ended Program::run(std::int64_t limit, int inherited) {
  if (!launch(inherited)) return {};
  if (readable(pidfd_.get(), std::min(limit, timeout_))) return finish(Ended::How::Exited);
  kill_group(SIGKILL);
  return finish(Ended::How::TimedOut);
}

Ended Program::start(std::int64_t limit, int inherited) {
  if (!launch(inherited)) return {};
  const std::int64_t until = boottime_now() + std::min(limit, timeout_);
  while (boottime_now() < until) {
    const bool ended = readable(pidfd_.get(), 5 * kMillisecond);
    Ended so_far;
    so_far.out = read_back(out_, out_buffer, sizeof out_buffer);
    if (ended) {
      so_far = finish(Ended::How::Exited);
      if (so_far.how == Ended::How::Exited) so_far.how = Ended::How::NotStarted;
      return so_far;
    }
    if (!says_ready(so_far.out)) continue;
    so_far.how = Ended::How::Exited;
    return so_far;
  }
  kill_group(SIGKILL);
  return finish(Ended::How::TimedOut);
}

void Program::stop() {
  if (pid_ == 0) return;
  kill_group(SIGTERM);
  const bool ended = readable(pidfd_.get(), kPatience);
  kill_group(SIGKILL);
  finish(ended ? Ended::How::Exited : Ended::How::TimedOut);
}

}  // namespace muster::guard
