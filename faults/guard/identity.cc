#include "faults/guard/identity.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace muster::guard {

namespace {

constexpr const char* kPidNamespace = "/proc/self/ns/pid";  // our own

/// What stands behind the name in /proc/PID/stat; the name itself may hold anything, brackets too.
bool read_stat(pid_t pid, char* buffer, std::size_t size, const char*& after_name) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file.open()) return false;
  const ssize_t count = ::read(file.get(), buffer, size - 1);
  if (count <= 0) return false;
  buffer[count] = '\0';
  const char* const bracket = std::strrchr(buffer, ')');
  after_name = bracket == nullptr ? buffer : bracket + 1;
  return bracket != nullptr && after_name[0] == ' ';
}

std::int64_t start_ticks_of(pid_t pid) {
  char buffer[1024];
  const char* field = nullptr;
  if (!read_stat(pid, buffer, sizeof buffer, field)) return -1;
  for (int number = 2; field != nullptr && number < 21; ++number)
    field = std::strchr(field + 1, ' ');
  return field == nullptr ? -1 : std::strtoll(field + 1, nullptr, 10);
}

int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// Not open where no process has this number; EINVAL, ENOENT: it is a thread's. Any other error
/// says nothing about the process.
Descriptor hold(pid_t pid) {
  Descriptor held(open_pidfd(pid));
  if (!held.open() && errno != ESRCH && errno != EINVAL && errno != ENOENT)
    fail_system("process " + std::to_string(pid));
  return held;
}

void check_read(pid_t pid, std::int64_t ticks) {
  if (ticks < 0)
    throw GuardError("process " + std::to_string(pid) + ": its start time cannot be read");
}

/// Older kernels give all pidfds one inode, of another file system.
std::int64_t serial_of(const Descriptor& pidfd) {
  constexpr std::int64_t kPidFileSystem = 0x50494446;
  struct statfs system {};
  struct stat file {};
  const bool told = ::fstatfs(pidfd.get(), &system) == 0 && system.f_type == kPidFileSystem &&
                    ::fstat(pidfd.get(), &file) == 0;
  return told ? static_cast<std::int64_t>(file.st_ino) : 0;
}

}  // namespace

std::string boot_id() {
  std::string text = read_if_exists("/proc/sys/kernel/random/boot_id", 256).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Identity identity_of(pid_t pid) {
  const Descriptor held = hold(pid);
  const std::int64_t ticks = start_ticks_of(pid);
  // The pidfd was opened first: if that process still lives, the ticks are its own.
  if (!held.open() || readable(held.get()))
    throw NoSuchProcess("no process with the number " + std::to_string(pid) + " runs here");
  check_read(pid, ticks);
  return {pid, ticks, serial_of(held), boot_id(), link_target(kPidNamespace)};
}

HeldProcess::HeldProcess(const Identity& identity) {
  if (identity.pid <= 0 || identity.boot_id != boot_id() ||
      identity.pid_namespace != link_target(kPidNamespace))
    return;
  pid_ = static_cast<pid_t>(identity.pid);
  Descriptor held = hold(pid_);
  const std::int64_t ticks = start_ticks_of(pid_);
  if (!held.open() || readable(held.get())) return;
  check_read(pid_, ticks);
  if (ticks != identity.start_ticks || serial_of(held) != identity.serial) return;
  pidfd_ = std::move(held);
}

bool HeldProcess::gone() const {
  return !pidfd_.open() || readable(pidfd_.get());
}

int HeldProcess::signal(int number) const {
  if (gone()) return ESRCH;
  return ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

char HeldProcess::state() const {
  char buffer[1024];
  const char* field = nullptr;
  const bool read = !gone() && read_stat(pid_, buffer, sizeof buffer, field);
  if (gone())
    return '\0';  // asked again: had it ended before the read, the number might be another's
  return read ? field[1] : '?';
}

pid_t pid_named_by(const std::string& process) {
  constexpr std::string_view kNumber = "pid:";
  char text[32];
  std::string_view digits(process);
  if (process.starts_with(kNumber)) {
    digits.remove_prefix(kNumber.size());
  } else {
    const Descriptor file(::open(process.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    const ssize_t count = file.open() ? ::read(file.get(), text, sizeof text) : 0;
    digits = {text, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }
  pid_t pid = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  return std::max(pid, 0);
}

bool is_stranger(const std::string& process, pid_t pid) {
  constexpr std::int64_t kTick = 10 * kMillisecond;
  constexpr std::int64_t kSlack = 60;  // seconds; clocks are set, and a start takes its time
  struct stat written {};
  const std::int64_t ticks = start_ticks_of(pid);
  if (ticks < 0 || ::stat(process.c_str(), &written) != 0) return false;  // "pid:N"
  const std::int64_t age = (boottime_now() - ticks * kTick) / kSecond;
  return ::time(nullptr) - written.st_mtime > age + kSlack;
}

bool is_running(pid_t pid) {
  const Descriptor held(open_pidfd(pid));
  return held.open() && !readable(held.get());
}

Identity identity_of(const std::string& process) {
  errno = 0;
  const pid_t pid = pid_named_by(process);
  if (pid == 0 && errno == ENOENT) throw NoSuchProcess("pid file " + process + " is not there");
  if (pid == 0 && errno != 0) fail_system("pid file " + process);
  if (pid == 0) throw GuardError("no process number in " + process);
  return identity_of(pid);
}

}  // namespace muster::guard
