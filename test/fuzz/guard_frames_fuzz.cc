// What a guard and a runner read from each other. The first byte says whether the checksums of the
// rest are put right before it is read.
#include <exception>

#include "faults/undone_report.h"
#include "test/fuzz/frames.h"

namespace muster {

namespace {

template <class Value>
void round_trip(const Frame& frame) {
  try {
    const Frame written = to_frame(frame.type, from_frame<Value>(frame));
    demand(to_frame(frame.type, from_frame<Value>(written)).fields == written.fields,
           "what was read is written and read back");
  } catch (const ProtocolError&) {
  }
}

void read_as_everything(const Frame& frame) {
  round_trip<Order>(frame);
  round_trip<ArmedReport>(frame);
  round_trip<ActiveReport>(frame);
  round_trip<UndoneReport>(frame);
}

void examine(const std::string& bytes) {
  Frame frame;
  std::size_t used = 0;
  switch (decode(bytes, frame, used)) {
    case Decoded::Complete: {
      demand(used <= bytes.size(), "a frame is no longer than its bytes");
      demand(encode(frame) == bytes.substr(0, used), "a frame is encoded as it was");
      Frame ignored;
      std::size_t none = 0;
      demand(decode(bytes.substr(0, used - 1), ignored, none) == Decoded::Incomplete,
             "a frame cut short is incomplete");
      read_as_everything(frame);
      break;
    }
    case Decoded::Invalid:
      demand(decode(bytes + std::string(64, '\0'), frame, used) == Decoded::Invalid,
             "invalid bytes stay invalid");
      break;
    case Decoded::Incomplete:
      break;
  }
}

/// All frames of the stream, whole and in pieces.
void read_stream(const std::string& bytes) {
  FrameReader whole;
  FrameReader pieces;
  whole.add(bytes);
  std::size_t place = 0;
  try {
    for (Frame frame, other; whole.next(frame);) {
      while (!pieces.next(other)) {
        demand(place < bytes.size(), "a stream in pieces gives the same frames");
        pieces.add(std::string_view(bytes).substr(place++, 1));
      }
      demand(other.type == frame.type && other.fields == frame.fields, "and in the same order");
    }
  } catch (const ProtocolError&) {
  }
}

}  // namespace

}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) bytes = muster::with_checksums(std::move(bytes));
  muster::examine(bytes);
  if (bytes.size() <= 4096) muster::read_stream(bytes);
  return 0;
}
