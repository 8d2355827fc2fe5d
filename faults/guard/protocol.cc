#include "faults/guard/protocol.h"

#include <algorithm>
#include <charconv>

namespace muster {

namespace {

constexpr std::size_t kOverhead = 8;  // the length before a body and the checksum behind it
constexpr std::size_t kLongestInPlace = 400;

void put_u32(char* out, std::size_t value) {
  for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<char>((value >> (8 * i)) & 0xFFU);
}

void append_u32(std::string& out, std::size_t value) {
  out.resize(out.size() + 4);
  put_u32(out.data() + out.size() - 4, value);
}

std::uint32_t get_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

bool split_fields(std::string_view bytes, std::vector<std::string>& fields) {
  fields.clear();
  while (!bytes.empty()) {
    if (bytes.size() < 4) return false;
    const std::size_t length = get_u32(bytes);
    if (bytes.size() - 4 < length) return false;
    fields.emplace_back(bytes.substr(4, length));
    bytes.remove_prefix(4 + length);
  }
  return true;
}

}  // namespace

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t value = ~0U;
  for (const char byte : bytes) {
    value ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) * 0x82F63B78U);
  }
  return ~value;
}

std::string encode(const Frame& frame) {
  std::string out(kFrameHead, '\0');
  out += static_cast<char>(frame.type);
  for (const std::string& field : frame.fields) {
    append_u32(out, field.size());
    out += field;
  }
  const std::size_t length = out.size() - kFrameHead;
  if (length > kFrameLimit)
    throw ProtocolError("a change of more than 16 MiB cannot be sent to a guard");
  put_u32(out.data(), length);
  append_u32(out, crc32c(std::string_view(out).substr(kFrameHead)));
  return out;
}

FrameInPlace::FrameInPlace(FrameType type) : size_(kFrameHead + 1) {
  bytes_[kFrameHead] = static_cast<char>(type);
}

void FrameInPlace::add(std::string_view text) {
  text = text.substr(0, kLongestInPlace);
  if (size_ + 4 + text.size() + 4 > bytes_.size()) return;
  put_u32(&bytes_[size_], text.size());
  std::ranges::copy(text, &bytes_[size_ + 4]);
  size_ += 4 + text.size();
}

void FrameInPlace::add(std::int64_t number) {
  char text[24];
  add({text, std::to_chars(text, std::end(text), number).ptr});
}

std::string_view FrameInPlace::bytes() {
  const std::string_view body(&bytes_[kFrameHead], size_ - kFrameHead);
  put_u32(bytes_.data(), body.size());
  put_u32(&bytes_[size_], crc32c(body));
  return {bytes_.data(), size_ + 4};
}

std::size_t frame_size(std::string_view head) {
  const std::size_t length = get_u32(head);
  if (length == 0 || length > kFrameLimit)
    throw ProtocolError("these bytes are no frame of the guard protocol");
  return length + kOverhead;
}

Decoded decode(std::string_view bytes, Frame& frame, std::size_t& used) {
  if (bytes.size() < 4) return Decoded::Incomplete;
  const std::size_t length = get_u32(bytes);
  if (length == 0 || length > kFrameLimit) return Decoded::Invalid;
  if (bytes.size() < length + kOverhead) return Decoded::Incomplete;
  const std::string_view body = bytes.substr(4, length);
  if (get_u32(bytes.substr(4 + length)) != crc32c(body)) return Decoded::Invalid;
  if (!split_fields(body.substr(1), frame.fields)) return Decoded::Invalid;
  frame.type = static_cast<FrameType>(body[0]);
  used = length + kOverhead;
  return Decoded::Complete;
}

bool FrameReader::next(Frame& frame) {
  std::size_t used = 0;
  const Decoded decoded = decode(bytes_, frame, used);
  if (decoded == Decoded::Invalid)
    throw ProtocolError("these bytes are no frame of the guard protocol");
  if (decoded == Decoded::Incomplete) return false;
  bytes_.erase(0, used);
  return true;
}

void FieldWriter::add(const std::vector<std::string>& values) {
  add(values.size());
  fields.insert(fields.end(), values.begin(), values.end());
}

const std::string& FieldReader::text() {
  if (!more()) throw ProtocolError("a frame has too few fields");
  return fields_[next_++];
}

std::int64_t FieldReader::number() {
  const auto value = number_in(text());
  if (!value) throw ProtocolError("a field of a frame is not a number");
  return *value;
}

void FieldReader::take(std::vector<std::string>& values) {
  const std::int64_t count = number();
  if (count < 0 || static_cast<std::uint64_t>(count) > fields_.size() - next_) {
    throw ProtocolError("a list in a frame is longer than the frame");
  }
  const auto first = fields_.begin() + static_cast<std::ptrdiff_t>(next_);
  next_ += static_cast<std::size_t>(count);
  values.assign(first, first + count);
}

void FieldReader::end() const {
  if (more()) throw ProtocolError("a frame has too many fields");
}

}  // namespace muster
