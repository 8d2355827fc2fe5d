#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "faults/guard/protocol.h"
#include "faults/guard/system.h"

namespace muster::guard {

/// Everything that can reach a guard from outside: frames, the end of its input and of its output,
/// TERM, and time.
class Control {
 public:
  Control();

  enum class Event {
    None,
    Inject,
    Undo,
    EndOfInput,
    EndOfOutput,
    Garbage,
    Terminated,
    LeaseOver,
    DeadlineOver,
    HolderEnded,
    SecondGuardEnded
  };
  static const char* text_of(Event event);

  /// From now on silence for `lease` is an event, and so is `deadline` (CLOCK_BOOTTIME), which
  /// nothing moves.
  void start_clock(std::int64_t lease, std::int64_t deadline);
  std::int64_t deadline() const { return deadline_; }
  /// From now on it is an event when `fd` becomes readable: the second guard has ended.
  void watch_second_guard(int fd) { second_guard_ = fd; }

  /// Waits at most `limit` nanoseconds for an event. What the runner sent is looked at before the
  /// end of the lease, so that a heartbeat that came while the guard was busy still counts; the
  /// deadline comes before both.
  Event wait(std::int64_t limit, int holder_fd);

  /// False once an end of its input or of its output was seen.
  bool has_runner() const { return input_open_ && output_open_; }

  /// A whole frame, to stdout. Where nobody takes it, the next wait() says EndOfOutput. Needs no
  /// memory.
  void send(std::string_view frame);
  void send(const Frame& frame) { send(encode(frame)); }

 private:
  bool read_input();
  Event take_frames();

  Descriptor signals_;
  FrameReader frames_;
  bool input_open_ = true;
  bool output_open_ = true;
  int second_guard_ = -1;
  std::int64_t lease_ = 0;
  std::int64_t lease_end_ = 0;
  std::int64_t deadline_ = 0;
};

/// Exactly one frame from stdin, so that every byte behind it is left for whoever is called for it;
/// nothing where the input ended before it. Throws GuardError where half of one came, or none for
/// half a minute.
std::optional<Frame> read_first_frame();

/// The order in this frame, or in the first one on stdin; throws GuardError where it is not of
/// `type`. Where the frame had to say what we are called for, all records here are of one target:
/// the order has no place then, however the runner calls this host.
Order read_order(std::optional<Frame> first, FrameType type);

}  // namespace muster::guard
