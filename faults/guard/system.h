#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// The little of Linux that every part of the guard uses.
namespace muster::guard {

/// The guard cannot do what it was asked; nothing was changed where this is thrown before
/// INJECTING.
class GuardError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws GuardError: "WHAT: reason of `error`".
[[noreturn]] void fail_system(const std::string& what, int error = errno);

/// Text of a fixed size, for everything that is said after arming: undoing must not need memory.
class Line {
 public:
  [[gnu::format(printf, 2, 3)]] void print(const char* format, ...);
  /// Control characters become blanks: it may have come from the system under test.
  void assign(std::string_view bytes);
  const char* c_str() const { return text_; }
  bool empty() const { return text_[0] == '\0'; }

 private:
  char text_[256] = "";
};

/// An open file descriptor; closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kMillisecond = 1'000'000;

/// Locks this process into memory, hides it from the OOM killer and names it. Whatever is not
/// permitted is done without.
void become_hard_to_kill(const char* name);

std::int64_t monotonic_now();  ///< nanoseconds; for what is reported
std::int64_t
boottime_now();  ///< nanoseconds; for leases and deadlines: it also counts while suspended
void sleep_for(std::int64_t nanoseconds);
/// Waits until there is something to read, or an end, and no longer than `within` nanoseconds.
bool readable(int fd, std::int64_t within = 0);

/// The whole file, or nothing where there is none. An error is not an absence: it throws.
std::optional<std::string> read_if_exists(const std::string& path, std::size_t limit);
/// What is left to read of an open one; `path` is for what it throws.
std::string read_whole(const Descriptor& file, const std::string& path, std::size_t limit);
/// What a symbolic link says; empty where there is none.
std::string link_target(const std::string& path);
bool write_all(int fd, std::string_view bytes);

/// Writes beside, fsyncs, renames, fsyncs the directory. The disk keeps `room` bytes more for what
/// is appended, where its file system can. Leaves nothing behind where it throws.
void write_durably(const std::string& path, std::string_view content, std::size_t room = 0);
/// With all on the way to it, and durable. Throws GuardError where it is not; takes that part away
/// again then, so that nobody takes it for durable later.
void make_directory(const std::string& path);
bool sync_directory_of(const std::string& path);

/// [A-Za-z0-9._-] of `text` and its checksum: a name that no other text has, and that stays inside
/// its directory.
std::string file_name_for(std::string_view text);

}  // namespace muster::guard
