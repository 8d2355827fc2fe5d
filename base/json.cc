#include "base/json.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace muster {

namespace {

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  if (value == std::trunc(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

void write(const json::value& value, int indent, bool pretty, std::string& out) {
  const auto line = [&](int depth) {
    if (pretty) out += "\n" + std::string(static_cast<std::size_t>(depth) * 2, ' ');
  };
  if (value.is_object()) {
    if (value.get_object().empty()) return void(out += "{}");
    out += '{';
    bool first = true;
    for (const auto& [key, member] : value.get_object()) {
      if (!std::exchange(first, false)) out += ',';
      line(indent + 1);
      out += json::serialize(key);
      out += pretty ? ": " : ":";
      write(member, indent + 1, pretty, out);
    }
    line(indent);
    out += '}';
  } else if (value.is_array()) {
    // Arrays of plain numbers (the series) stay on one line.
    const auto& array = value.get_array();
    const bool nested = std::any_of(
        array.begin(), array.end(), [](const json::value& item) { return item.is_structured(); });
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out += pretty && !nested ? ", " : ",";
      if (nested) line(indent + 1);
      write(array[i], indent + 1, pretty, out);
    }
    if (nested) line(indent);
    out += ']';
  } else if (value.is_double()) {
    out += number_text(value.get_double());
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

json::value parse_json(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) fail("{} is not JSON: {}", what, error.message());
  return value;
}

std::string pretty_json(const json::value& value) {
  std::string out;
  write(value, 0, true, out);
  return out + "\n";
}

std::string compact_json(const json::value& value) {
  std::string out;
  write(value, 0, false, out);
  return out;
}

const json::value* find(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(json::string_view(key.data(), key.size()));
  return member == nullptr || member->is_null() ? nullptr : member;
}

const json::value& at(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(json::string_view(key.data(), key.size()));
  if (member == nullptr) fail("the key '{}' is missing", key);
  return *member;
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value& member = at(object, key);
  if (!member.is_string()) fail("'{}' is not a text", key);
  return {member.get_string().data(), member.get_string().size()};
}

std::int64_t integer_at(const json::object& object, std::string_view key) {
  const json::value& member = at(object, key);
  if (member.is_int64()) return member.get_int64();
  if (member.is_uint64()) return static_cast<std::int64_t>(member.get_uint64());
  fail("'{}' is not a whole number", key);
}

double number_at(const json::object& object, std::string_view key) {
  const json::value& member = at(object, key);
  if (member.is_double()) return member.get_double();
  if (member.is_int64()) return static_cast<double>(member.get_int64());
  if (member.is_uint64()) return static_cast<double>(member.get_uint64());
  fail("'{}' is not a number", key);
}

bool flag_at(const json::object& object, std::string_view key) {
  const json::value& member = at(object, key);
  if (!member.is_bool()) fail("'{}' is neither true nor false", key);
  return member.get_bool();
}

Duration duration_at(const json::object& object, std::string_view key) {
  return Duration(integer_at(object, key));
}

}  // namespace muster
