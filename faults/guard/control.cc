#include "faults/guard/control.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace muster::guard {

namespace {

/// The clock of poll stands still while the machine is suspended; that of lease and deadline does
/// not.
constexpr std::int64_t kLongestSleep = kSecond / 4;
/// Milliseconds: a runner that takes nothing for so long is gone, and must not hold the guard up.
constexpr int kTakenWithin = 1000;
constexpr std::int64_t kFirstFrameWithin = 30 * kSecond;

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

}  // namespace

Control::Control() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::sigprocmask(SIG_BLOCK, &ending, nullptr);
  signals_ = Descriptor(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.open()) fail_system("signals");
}

const char* Control::text_of(Event event) {
  constexpr std::array kTexts = {"nothing",
                                 "a second order to inject",
                                 "asked to",
                                 "the runner is gone (end of input)",
                                 "the runner is gone (end of output)",
                                 "the runner sent what is no frame",
                                 "told to by a signal",
                                 "the runner was silent for the whole lease",
                                 "the hard deadline was reached",
                                 "the program that held the fault ended by itself",
                                 "the second guard has ended"};
  return kTexts.at(static_cast<std::size_t>(event));
}

void Control::start_clock(std::int64_t lease, std::int64_t deadline) {
  assert(deadline_ == 0 && deadline > 0);  // I3: it is set once
  lease_ = lease;
  deadline_ = deadline;
  lease_end_ = boottime_now() + lease_;
}

bool Control::read_input() {
  char buffer[65536];
  const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (count > 0) frames_.add({buffer, static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

Control::Event Control::take_frames() {
  Frame frame;
  try {
    while (frames_.next(frame)) {
      if (frame.type == FrameType::Inject) return Event::Inject;
      if (frame.type == FrameType::Undo) return Event::Undo;
      if (frame.type != FrameType::Heartbeat) return Event::Garbage;
      lease_end_ = boottime_now() + lease_;
      send(FrameInPlace(FrameType::Alive).bytes());
    }
  } catch (const ProtocolError&) {
    return Event::Garbage;
  }
  return Event::None;
}

Control::Event Control::wait(std::int64_t limit, int holder_fd) {
  const std::int64_t until = boottime_now() + limit;
  for (;;) {
    // Before anything is read: the runner may send without a pause.
    if (boottime_now() >= deadline_) return Event::DeadlineOver;
    if (const Event event = take_frames(); event != Event::None) return event;
    if (!output_open_) return Event::EndOfOutput;
    pollfd sources[] = {{input_open_ ? STDIN_FILENO : -1, POLLIN, 0},
                        {STDOUT_FILENO, 0, 0},
                        {signals_.get(), POLLIN, 0},
                        {holder_fd, POLLIN, 0},
                        {second_guard_, POLLIN, 0}};
    const std::int64_t left = std::min({until, lease_end_, deadline_}) - boottime_now();
    const std::int64_t pause = std::clamp(left, std::int64_t{0}, kLongestSleep);
    ::poll(
        sources, std::size(sources), static_cast<int>((pause + kMillisecond - 1) / kMillisecond));
    if (sources[0].revents != 0) {
      input_open_ = read_input();
      if (!input_open_) return Event::EndOfInput;
      continue;
    }
    output_open_ = sources[1].revents == 0;
    if (!output_open_) continue;
    if (sources[2].revents != 0) return Event::Terminated;
    if (sources[3].revents != 0) return Event::HolderEnded;
    if (sources[4].revents != 0) return Event::SecondGuardEnded;
    if (boottime_now() >= lease_end_) return Event::LeaseOver;
    if (boottime_now() >= until) return Event::None;
  }
}

void Control::send(std::string_view frame) {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  output_open_ =
      output_open_ && ::poll(&output, 1, kTakenWithin) != 0 && write_all(STDOUT_FILENO, frame);
}

std::optional<Frame> read_first_frame() {
  const std::int64_t until = boottime_now() + kFirstFrameWithin;
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

Order read_order(std::optional<Frame> first, FrameType type) {
  const bool one_target = first.has_value();
  if (!first) first = read_first_frame();
  if (!first) throw GuardError("the input ended before an order came");
  if (first->type != type) throw GuardError("the first frame is not the order that was expected");
  Order order = from_frame<Order>(*first);
  if (one_target) order.change.place.clear();
  return order;
}

}  // namespace muster::guard
