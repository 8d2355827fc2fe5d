#include "faults/guard/stdio.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <unistd.h>

#include "faults/guard/control.h"
#include "faults/guard/policy.h"
#include "faults/guard/protocol.h"
#include "faults/guard/system.h"

namespace muster {

namespace {

constexpr std::int64_t kPatience = 30 * kSecond;
constexpr int kNotStarted = 127;

/// Adds what stdin has, until `bytes` is so long; false where the input ended before.
bool read_up_to(std::string& bytes, std::size_t length, std::int64_t until) {
  char buffer[16384];
  while (bytes.size() < length) {
    const std::int64_t left = until - boottime_now();
    if (left <= 0) throw GuardError("no order came");
    pollfd input{STDIN_FILENO, POLLIN, 0};
    ::poll(&input, 1, static_cast<int>(left / kMillisecond + 1));
    if (input.revents == 0) continue;
    const ssize_t count =
        ::read(STDIN_FILENO, buffer, std::min(sizeof buffer, length - bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return true;
}

/// The bytes of one frame; empty where the input ended before its first.
std::string read_one_frame() {
  const std::int64_t until = boottime_now() + kPatience;
  std::string bytes;
  if (!read_up_to(bytes, kFrameHead, until) && bytes.empty()) return {};
  if (bytes.size() < kFrameHead || !read_up_to(bytes, frame_size(bytes), until))
    throw GuardError("the input ended within its first frame");
  return bytes;
}

/// A login that runs no profile may lack the folders of an administrator's programs.
void complete_path() {
  const char* const path = std::getenv("PATH");
  const std::string all =
      std::string(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path) + ":/usr/sbin:/sbin";
  ::setenv("PATH", all.c_str(), 1);
}

[[noreturn]] void become(const std::vector<std::string>& words) {
  if (words.empty()) throw GuardError("an order to run a program names none");
  Policy::of_this_host("").check_program(words.front());
  std::vector<std::string> copies = words;
  std::vector<char*> argv;
  for (std::string& word : copies) argv.push_back(word.data());
  argv.push_back(nullptr);
  complete_path();
  ::execvp(argv.front(), argv.data());
  std::fprintf(stderr, "%s%s: %s\n", kCannotStart.data(), argv.front(), std::strerror(errno));
  std::exit(kNotStarted);
}

}  // namespace

std::string_view command_from_stdin() {
  const std::string bytes = read_one_frame();
  if (bytes.empty()) {
    write_all(STDOUT_FILENO, kGreeting);
    return {};
  }
  Frame frame;
  std::size_t used = 0;
  if (decode(bytes, frame, used) != Decoded::Complete)
    throw GuardError("the first bytes are no frame of the guard protocol");
  if (frame.type == FrameType::Exec) become(frame.fields);
  Control::unread(bytes);
  if (frame.type == FrameType::Arm) return "serve";
  if (frame.type == FrameType::Recover) return "recover";
  throw GuardError("the first frame is not an order");
}

std::string default_directory() {
  if (::geteuid() == 0) return "/var/lib/muster/guard";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/') throw GuardError("HOME is not set; say --dir DIR");
  return std::string(home) + "/.muster/guard";
}

}  // namespace muster
