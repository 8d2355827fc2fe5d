#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

/// What the runner and a guard say to each other, and what a guard writes into its record. Knows
/// nothing but the standard library, because the guard is built without any other.
///
/// A frame is: u32 length of the body, the body, u32 CRC32C of the body; the body is u8 type and
/// then fields, each u32 length and bytes. All numbers little endian. A number in a field is
/// decimal text.
namespace muster {

/// What `muster-guard stdio` prints where it is asked nothing: that it is there, and whose version.
inline constexpr std::string_view kGreeting = "muster-guard " MUSTER_VERSION "\n";
/// Before the reason, on stderr, where a program of an Exec could not be started.
inline constexpr std::string_view kCannotStart = "muster-guard: cannot start ";

/// The other side does not speak this protocol, or the bytes were damaged.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class FrameType : std::uint8_t {
  Arm = 1,        ///< runner: an Order; first frame of `serve`
  Inject = 2,     ///< runner
  Heartbeat = 3,  ///< runner: extends the lease; Alive answers it
  Undo = 4,       ///< runner
  Recover = 5,    ///< runner: an Order; the only frame of `recover`
  Exec = 6,       ///< runner: an argv, for a guard that only speaks frames; the first and only one
  Armed = 16,     ///< guard: ArmedReport
  Refused = 17,   ///< guard: one field, why; nothing was changed
  Active = 18,    ///< guard: ActiveReport
  Failed = 19,    ///< guard: one field, why the change could not be put in force; Undone follows
  Undone = 20,    ///< guard: UndoneReport of faults/undone_report.h; the last frame
  Alive = 21,     ///< guard: it hears; not while it applies or undoes
  Facts = 32,     ///< record: what is needed to undo
  State = 33,     ///< record: one transition
};

struct Frame {
  FrameType type{};
  std::vector<std::string> fields;
};

inline constexpr std::size_t kFrameLimit = 16U << 20U;  ///< bytes of a body
inline constexpr std::size_t kFrameHead = 4;            ///< bytes that tell how long a frame is

/// Where the whole text is a decimal number.
std::optional<std::int64_t> number_in(std::string_view text);
std::uint32_t crc32c(std::string_view bytes);
std::string encode(const Frame& frame);
/// The length of a whole frame, from its first kFrameHead bytes; throws ProtocolError where no
/// frame is so long.
std::size_t frame_size(std::string_view head);

enum class Decoded { Complete, Incomplete, Invalid };
/// Takes one frame off the front of `bytes`; `used` says how long it was. Invalid bytes stay
/// invalid however many follow.
Decoded decode(std::string_view bytes, Frame& frame, std::size_t& used);

/// A frame laid out in place: what is said while something is in force must need no memory. Long
/// fields are cut; up to ten of them have room.
class FrameInPlace {
 public:
  explicit FrameInPlace(FrameType type);
  void add(std::string_view text);
  void add(std::int64_t number);
  /// The whole frame, to which nothing is added any more.
  std::string_view bytes();

 private:
  std::array<char, 4096> bytes_;  ///< no longer than what a pipe takes at once
  std::size_t size_ = 0;
};

/// Frames out of a stream of bytes.
class FrameReader {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  /// False until a whole frame has come; throws ProtocolError on garbage.
  bool next(Frame& frame);

 private:
  std::string bytes_;
};

/// An operation of faults/change.h, with times in nanoseconds.
struct PlainOperation {
  std::string kind = "none";
  std::vector<std::string> args;
  std::string input;
  std::string contains;
  std::string lacks;
  std::int64_t timeout = 0;

  static auto fields(auto& self) {
    return std::tie(self.kind, self.args, self.input, self.contains, self.lacks, self.timeout);
  }
  friend bool operator==(const PlainOperation&, const PlainOperation&) = default;
};

/// A change of faults/change.h, as the guard knows it.
struct PlainChange {
  std::string id;
  std::string kind;  ///< of the fault, for the policy of the target
  std::string what;
  /// Tells its target from others whose records lie in the same directory, whatever a stack calls
  /// it: "lab host app1-us". Empty where all records there are of one target.
  std::string place;
  std::string resource;
  std::string process;
  PlainOperation apply;
  PlainOperation verify;
  PlainOperation undo;
  PlainOperation verify_undone;
  std::int64_t verify_within = 0;
  std::int64_t undone_within = 0;
  std::int64_t deadline = 0;
  std::int64_t lease = 0;

  static auto fields(auto& self) {
    return std::tie(self.id,
                    self.what,
                    self.place,
                    self.resource,
                    self.process,
                    self.apply,
                    self.verify,
                    self.undo,
                    self.verify_undone,
                    self.verify_within,
                    self.undone_within,
                    self.deadline,
                    self.lease);
  }
  friend bool operator==(const PlainChange&, const PlainChange&) = default;
};

/// What to arm, or to recover.
struct Order {
  std::string run_id;
  std::int64_t epoch =
      0;  ///< a later run has a higher one; a guard refuses what is older than it has seen
  PlainChange change;

  static auto fields(auto& self) {
    return std::tie(self.run_id, self.epoch, self.change, self.change.kind);
  }
};

struct ArmedReport {
  std::int64_t pid = 0;           ///< of the guard, in its own pid namespace
  std::int64_t deadline = 0;      ///< CLOCK_BOOTTIME of the target
  std::int64_t second_guard = 0;  ///< pid of the one that undoes if this guard cannot
  std::string timer;              ///< unit that sweeps if neither can; empty without systemd

  static auto fields(auto& self) {
    return std::tie(self.pid, self.deadline, self.second_guard, self.timer);
  }
};

/// Instants on CLOCK_MONOTONIC of the target.
struct ActiveReport {
  std::int64_t began = 0;
  std::int64_t ended = 0;
  std::int64_t observed = 0;
  std::string evidence;

  static auto fields(auto& self) {
    return std::tie(self.began, self.ended, self.observed, self.evidence);
  }
};

/// Turns values into fields; a struct by its fields(), in their order.
class FieldWriter {
 public:
  template <class Value>
  void add(const Value& value) {
    if constexpr (std::is_convertible_v<Value, std::string_view>) {
      fields.emplace_back(value);
    } else if constexpr (std::is_integral_v<Value>) {
      fields.push_back(std::to_string(value));
    } else {
      std::apply([this](const auto&... part) { (this->add(part), ...); }, Value::fields(value));
    }
  }
  void add(const std::vector<std::string>& values);

  std::vector<std::string> fields;
};

/// Takes them out again; throws ProtocolError where they are not what the type promises.
class FieldReader {
 public:
  explicit FieldReader(const std::vector<std::string>& fields) : fields_(fields) {}

  template <class Value>
  void take(Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
      value = text();
    } else if constexpr (std::is_integral_v<Value>) {
      value = static_cast<Value>(number());
    } else {
      std::apply([this](auto&... part) { (this->take(part), ...); }, Value::fields(value));
    }
  }
  void take(std::vector<std::string>& values);
  bool more() const { return next_ < fields_.size(); }
  /// Throws unless every field was taken.
  void end() const;

 private:
  const std::string& text();
  std::int64_t number();

  const std::vector<std::string>& fields_;
  std::size_t next_ = 0;
};

/// A struct as a frame, and back; the way back throws ProtocolError where the frame holds another.
template <class Value>
Frame to_frame(FrameType type, const Value& value) {
  FieldWriter out;
  out.add(value);
  return {type, std::move(out.fields)};
}
template <class Value>
Value from_frame(const Frame& frame) {
  FieldReader in(frame.fields);
  Value value;
  in.take(value);
  in.end();
  return value;
}

}  // namespace muster
