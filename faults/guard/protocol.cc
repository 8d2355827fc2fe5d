#include "faults/guard/protocol.h"

#include <array>
#include <charconv>

namespace muster {

namespace {

constexpr std::size_t kOverhead = 8;  // the length before a body and the checksum behind it

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    table[byte] = value;
  }
  return table;
}

constexpr auto kCrcTable = make_crc_table();

void put_u32(std::string& out, std::size_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    out += static_cast<char>((value >> shift) & 0xFFU);
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

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t value = ~0U;
  for (const char byte : bytes)
    value = (value >> 8U) ^ kCrcTable[(value ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~value;
}

std::string encode(const Frame& frame) {
  std::string body(1, static_cast<char>(frame.type));
  for (const std::string& field : frame.fields) {
    put_u32(body, field.size());
    body += field;
  }
  if (body.size() > kFrameLimit)
    throw ProtocolError("a change of more than 16 MiB cannot be sent to a guard");
  std::string out;
  out.reserve(body.size() + kOverhead);
  put_u32(out, body.size());
  out += body;
  put_u32(out, crc32c(body));
  return out;
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
  switch (decode(bytes_, frame, used)) {
    case Decoded::Incomplete:
      return false;
    case Decoded::Invalid:
      throw ProtocolError("these bytes are no frame of the guard protocol");
    case Decoded::Complete:
      break;
  }
  bytes_.erase(0, used);
  return true;
}

void FieldWriter::list(const std::vector<std::string>& values) {
  number(static_cast<std::int64_t>(values.size()));
  fields.insert(fields.end(), values.begin(), values.end());
}

void FieldWriter::operation(const PlainOperation& operation) {
  text(operation.kind);
  list(operation.args);
  text(operation.input);
  text(operation.contains);
  text(operation.lacks);
  number(operation.timeout);
}

void FieldWriter::change(const PlainChange& change) {
  for (const std::string* part :
       {&change.id, &change.what, &change.host, &change.resource, &change.process}) {
    text(*part);
  }
  for (const PlainOperation* part :
       {&change.apply, &change.verify, &change.undo, &change.verify_undone}) {
    operation(*part);
  }
  for (const std::int64_t part :
       {change.verify_within, change.undone_within, change.deadline, change.lease}) {
    number(part);
  }
}

const std::string& FieldReader::text() {
  if (next_ >= fields_.size()) throw ProtocolError("a frame has too few fields");
  return fields_[next_++];
}

std::int64_t FieldReader::number() {
  const std::string& field = text();
  std::int64_t value = 0;
  const char* const end = field.data() + field.size();
  const auto [stopped, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc{} || stopped != end)
    throw ProtocolError("a field of a frame is not a number");
  return value;
}

std::vector<std::string> FieldReader::list() {
  const std::int64_t count = number();
  if (count < 0 || static_cast<std::uint64_t>(count) > fields_.size() - next_) {
    throw ProtocolError("a list in a frame is longer than the frame");
  }
  const auto first = fields_.begin() + static_cast<std::ptrdiff_t>(next_);
  next_ += static_cast<std::size_t>(count);
  return {first, first + count};
}

PlainOperation FieldReader::operation() {
  PlainOperation result;
  result.kind = text();
  result.args = list();
  result.input = text();
  result.contains = text();
  result.lacks = text();
  result.timeout = number();
  return result;
}

PlainChange FieldReader::change() {
  PlainChange result;
  for (std::string* part :
       {&result.id, &result.what, &result.host, &result.resource, &result.process}) {
    *part = text();
  }
  for (PlainOperation* part :
       {&result.apply, &result.verify, &result.undo, &result.verify_undone}) {
    *part = operation();
  }
  for (std::int64_t* part :
       {&result.verify_within, &result.undone_within, &result.deadline, &result.lease}) {
    *part = number();
  }
  return result;
}

void FieldReader::end() const {
  if (next_ != fields_.size()) throw ProtocolError("a frame has too many fields");
}

Frame to_frame(FrameType type, const Order& order) {
  FieldWriter out;
  out.text(order.run_id);
  out.number(order.epoch);
  out.change(order.change);
  out.text(order.change.kind);
  return {type, std::move(out.fields)};
}

Frame to_frame(const ArmedReport& report) {
  FieldWriter out;
  out.number(report.pid);
  out.number(report.start_ticks);
  out.text(report.boot_id);
  out.text(report.cgroup);
  out.number(report.deadline);
  out.number(report.second_guard);
  out.text(report.timer);
  return {FrameType::Armed, std::move(out.fields)};
}

Frame to_frame(const ActiveReport& report) {
  FieldWriter out;
  out.number(report.began);
  out.number(report.ended);
  out.number(report.observed);
  out.text(report.evidence);
  return {FrameType::Active, std::move(out.fields)};
}

Frame to_frame(const UndoneReport& report) {
  FieldWriter out;
  out.text(report.state);
  out.text(report.cause);
  out.number(report.began);
  out.number(report.ended);
  out.number(report.observed);
  out.text(report.evidence);
  out.list(report.residue);
  return {FrameType::Undone, std::move(out.fields)};
}

Order order_of(const Frame& frame) {
  FieldReader in(frame.fields);
  Order order;
  order.run_id = in.text();
  order.epoch = in.number();
  order.change = in.change();
  order.change.kind = in.text();
  in.end();
  return order;
}

ArmedReport armed_of(const Frame& frame) {
  FieldReader in(frame.fields);
  ArmedReport report;
  report.pid = in.number();
  report.start_ticks = in.number();
  report.boot_id = in.text();
  report.cgroup = in.text();
  report.deadline = in.number();
  report.second_guard = in.number();
  report.timer = in.text();
  in.end();
  return report;
}

ActiveReport active_of(const Frame& frame) {
  FieldReader in(frame.fields);
  ActiveReport report;
  report.began = in.number();
  report.ended = in.number();
  report.observed = in.number();
  report.evidence = in.text();
  in.end();
  return report;
}

UndoneReport undone_of(const Frame& frame) {
  FieldReader in(frame.fields);
  UndoneReport report;
  report.state = in.text();
  report.cause = in.text();
  report.began = in.number();
  report.ended = in.number();
  report.observed = in.number();
  report.evidence = in.text();
  report.residue = in.list();
  in.end();
  return report;
}

}  // namespace muster
