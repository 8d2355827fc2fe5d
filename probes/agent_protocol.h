#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/sample.h"
#include "probes/vantage.h"

/// What a runner and its agents say to each other over the agent's stdin and stdout: frames of
///   u32 length of what follows | u8 type | payload
/// all numbers little-endian. An agent speaks only when it was given its task; it ends when its
/// input ends.
///
///   runner                          agent
///   Task {json}            ->
///                          <-       Hello {json: version, realtime, clock} once prepared, or
///                          Failed {text}
///   Clock {i64 sent}       ->                                        at any time from here on
///                          <-       ClockAnswer {i64 sent, received, answered}
///   Start {i64 at}         ->
///                          <-       Ready                            or  Failed {text}
///   Written {probe, writer, numbers} ->
///                          <-       Text, Samples, Health ... at least every second
///   Stop                   ->
///                          <-       the last of them, then Ended
namespace muster {

enum class AgentFrameType : std::uint8_t {
  Task = 1,
  Start,
  Written,
  Stop,
  Clock,
  Hello = 64,
  Ready,
  Failed,
  Text,
  Samples,
  Health,
  Ended,
  ClockAnswer
};

constexpr int kAgentProtocol = 2;

struct AgentFrame {
  AgentFrameType type = AgentFrameType::Ended;
  std::string payload;
};

std::string encode_frame(AgentFrameType type, std::string_view payload = {});

/// Cuts a stream of bytes into frames.
class AgentFrameReader {
 public:
  void add(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole frame, or nothing yet. Throws Error for a length or type no agent would send.
  std::optional<AgentFrame> next();

 private:
  std::string buffer_;
  std::size_t used_ = 0;
};

json::object task_to_json(const AgentTask& task);
AgentTask task_from_json(const json::object& value);

json::object health_to_json(const AgentHealth& health);
AgentHealth health_from_json(const json::object& value);

/// Numbers of the ledger that `writer` was told are written.
struct WrittenFrame {
  std::string probe;
  std::string writer;
  std::vector<std::uint64_t> numbers;
};
std::string encode_written(const WrittenFrame& written);
WrittenFrame decode_written(std::string_view payload);

/// A text under the index by which the agent's samples name it.
struct TextFrame {
  std::uint16_t index = 0;
  std::string text;
};
std::string encode_text(std::uint16_t index, std::string_view text);
TextFrame decode_text(std::string_view payload);

/// One look at the agent's clock; see probes/clock_offset.h.
struct ClockAnswer {
  Time sent;      ///< runner's clock, as the runner said it
  Time received;  ///< agent's
  Time answered;  ///< agent's
};
std::string encode_clock(Time sent);
Time decode_clock(std::string_view payload);
std::string encode_clock_answer(const ClockAnswer& answer);
ClockAnswer decode_clock_answer(std::string_view payload);

/// Names the clock of this process: processes with the same name read the same CLOCK_MONOTONIC.
std::string own_clock_name();

/// Samples of the task's item number `item`.
struct SamplesFrame {
  std::uint16_t item = 0;
  std::vector<Sample> samples;
};
std::string encode_samples(std::uint16_t item, const std::vector<Sample>& samples);
SamplesFrame decode_samples(std::string_view payload);

}  // namespace muster
