#include "faults/guard/stdio.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "faults/guard/policy.h"
#include "faults/guard/system.h"

namespace muster::guard {

namespace {

constexpr std::int64_t kPatience = 30 * kSecond;
constexpr int kNotStarted = 127;

/// Adds what stdin has, until `bytes` is so long; false where the input ended before.
bool read_up_to(std::string& bytes, std::size_t length, std::int64_t until) {
  char buffer[16384];
  while (bytes.size() < length) {
    if (!readable(STDIN_FILENO, until - boottime_now())) throw GuardError("no order came");
    const ssize_t count =
        ::read(STDIN_FILENO, buffer, std::min(sizeof buffer, length - bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return true;
}

[[noreturn]] void become(std::vector<std::string> words) {
  if (words.empty()) throw GuardError("an order to run a program names none");
  Policy::of_this_host("").check_program(words.front());
  std::vector<char*> argv(words.size() + 1);  // ends with a null pointer
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  ::execvp(argv.front(), argv.data());
  std::fprintf(stderr, "%s%s: %s\n", kCannotStart.data(), argv.front(), std::strerror(errno));
  std::exit(kNotStarted);
}

}  // namespace

std::optional<Frame> read_first_frame() {
  const std::int64_t until = boottime_now() + kPatience;
  std::string bytes;
  if (!read_up_to(bytes, kFrameHead, until) && bytes.empty()) return std::nullopt;
  if (bytes.size() < kFrameHead || !read_up_to(bytes, frame_size(bytes), until))
    throw GuardError("the input ended within its first frame");
  Frame frame;
  std::size_t used = 0;
  if (decode(bytes, frame, used) != Decoded::Complete)
    throw GuardError("the first bytes are no frame of the guard protocol");
  return frame;
}

std::string_view command_of(const std::optional<Frame>& first) {
  if (!first) {
    write_all(STDOUT_FILENO, kGreeting);
    return {};
  }
  if (first->type == FrameType::Exec) become(first->fields);
  if (first->type == FrameType::Arm) return "serve";
  if (first->type == FrameType::Recover) return "recover";
  throw GuardError("the first frame is not an order");
}

Order read_order(std::optional<Frame> first, FrameType type) {
  const bool one_target = first.has_value();
  if (!first) first = read_first_frame();
  if (!first) throw GuardError("the input ended before an order came");
  if (first->type != type) throw GuardError("the first frame is not the order that was expected");
  Order order = from_frame<Order>(*first);
  if (one_target) order.change.place.clear();
  return order;
}

std::string default_directory() {
  if (::geteuid() == 0) return "/var/lib/muster/guard";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/') throw GuardError("HOME is not set; say --dir DIR");
  return std::string(home) + "/.muster/guard";
}

}  // namespace muster::guard
