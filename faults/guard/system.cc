#include "faults/guard/system.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults/guard/protocol.h"

namespace muster::guard {

void fail_system(const std::string& what, int error) {
  throw GuardError(what + ": " + std::strerror(error));
}

void Line::print(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text_, sizeof text_, format, arguments);
  va_end(arguments);
}

void Line::assign(std::string_view bytes) {
  std::size_t length = 0;
  for (const char byte : bytes.substr(0, 200)) {
    const auto code = static_cast<unsigned char>(byte);
    text_[length++] = code < 0x20 || code == 0x7F ? ' ' : byte;
  }
  while (length > 0 && text_[length - 1] == ' ') --length;
  text_[length] = '\0';
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void become_hard_to_kill(const char* name) {
  const Descriptor score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (score.open()) write_all(score.get(), "-1000");
  ::mlockall(MCL_CURRENT);
  ::prctl(PR_SET_NAME, name);
}

namespace {

std::int64_t now_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace

std::int64_t monotonic_now() {
  return now_of(CLOCK_MONOTONIC);
}
std::int64_t boottime_now() {
  return now_of(CLOCK_BOOTTIME);
}

void sleep_for(std::int64_t nanoseconds) {
  const timespec length{nanoseconds / kSecond, nanoseconds % kSecond};
  ::nanosleep(&length, nullptr);
}

bool readable(int fd, std::int64_t within) {
  for (const std::int64_t until = boottime_now() + within;;) {
    pollfd input{fd, POLLIN, 0};
    const std::int64_t left = std::max<std::int64_t>(until - boottime_now(), 0);
    const auto slice = std::min(left + kMillisecond - 1, kSecond) / kMillisecond;
    if (::poll(&input, 1, static_cast<int>(slice)) == 1) return true;
    if (left == 0) return false;
  }
}

std::optional<std::string> read_if_exists(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    if (errno == ENOENT) return std::nullopt;
    fail_system(path);
  }
  return read_whole(file, path, limit);
}

std::string read_whole(const Descriptor& file, const std::string& path, std::size_t limit) {
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_system(path);
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > limit)
      throw GuardError(path + ": larger than " + std::to_string(limit) + " bytes");
  }
}

std::string link_target(const std::string& path) {
  char target[4096];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  if (length < 0 && errno != ENOENT) fail_system(path);
  return {target, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void write_durably(const std::string& path, std::string_view content, std::size_t room) {
  const std::string beside = path + ".new";
  const Descriptor file(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const auto all = static_cast<off_t>(content.size() + room);
  const bool written = file.open() && write_all(file.get(), content) &&
                       (room == 0 || ::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, all) == 0 ||
                        errno == EOPNOTSUPP) &&
                       ::fsync(file.get()) == 0 && ::rename(beside.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(beside.c_str());
    fail_system(path, error);
  }
  if (!sync_directory_of(path)) fail_system("directory of " + path);
}

void make_directory(const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    const bool made = ::mkdir(part.c_str(), 0700) == 0;
    if (made ? sync_directory_of(part) : errno == EEXIST || errno == EROFS) continue;
    const int error = errno;
    if (made) ::rmdir(part.c_str());
    fail_system(path, error);
  }
}

bool sync_directory_of(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.open() && ::fsync(opened.get()) == 0;
}

std::string file_name_for(std::string_view text) {
  std::string name;
  for (const char letter : text.substr(0, 80)) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '-';
    name += plain ? letter : '_';
  }
  char sum[12];
  std::snprintf(sum, sizeof sum, "-%08x", crc32c(text));
  return name + sum;
}

}  // namespace muster::guard
