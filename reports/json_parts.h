#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"

namespace muster::json_parts {

/// What the two directions of result.json are put together from. Writing: a missing number is null,
/// an empty list a list. Reading throws Error with the name of the member that is wrong.

inline json::value number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return *value;
}

inline json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(text);
}

inline json::array texts(const std::vector<std::string>& items) {
  json::array out;
  for (const std::string& item : items) out.emplace_back(item);
  return out;
}

template <class T>
json::array each(const std::vector<T>& items, json::object (*one)(const T&)) {
  json::array out;
  out.reserve(items.size());
  for (const T& item : items) out.emplace_back(one(item));
  return out;
}

inline const json::object& object_at(const json::object& from, std::string_view key) {
  const json::value& member = at(from, key);
  if (!member.is_object()) fail("'{}' is not an object", key);
  return member.get_object();
}

inline const json::array& array_at(const json::object& from, std::string_view key) {
  const json::value& member = at(from, key);
  if (!member.is_array()) fail("'{}' is not a list", key);
  return member.get_array();
}

inline std::string optional_text(const json::object& from, std::string_view key) {
  return find(from, key) == nullptr ? std::string() : text_at(from, key);
}

inline std::int64_t optional_integer(const json::object& from,
                                     std::string_view key,
                                     std::int64_t otherwise = 0) {
  return find(from, key) == nullptr ? otherwise : integer_at(from, key);
}

inline bool optional_flag(const json::object& from, std::string_view key, bool otherwise) {
  return find(from, key) == nullptr ? otherwise : flag_at(from, key);
}

inline std::optional<double> optional_number(const json::object& from, std::string_view key) {
  if (find(from, key) == nullptr) return std::nullopt;
  return number_at(from, key);
}

/// Required, but may be null.
inline std::optional<double> nullable_at(const json::object& from, std::string_view key) {
  at(from, key);
  return optional_number(from, key);
}

inline UtcTime utc_at(const json::object& from, std::string_view key) {
  const std::string text = text_at(from, key);
  const auto time = parse_utc(text);
  if (!time) fail("'{}' is not a UTC time: {}", key, text);
  return *time;
}

inline const json::object& as_object(const json::value& value, std::string_view list) {
  if (!value.is_object()) fail("an item of '{}' is not an object", list);
  return value.get_object();
}

template <class T>
std::vector<T> each(const json::object& from, std::string_view key, T (*one)(const json::object&)) {
  std::vector<T> out;
  for (const json::value& item : array_at(from, key)) out.push_back(one(as_object(item, key)));
  return out;
}

template <class T>
std::vector<T> each_if_any(const json::object& from,
                           std::string_view key,
                           T (*one)(const json::object&)) {
  return find(from, key) == nullptr ? std::vector<T>() : each(from, key, one);
}

inline std::vector<std::string> texts_of(const json::object& from, std::string_view key) {
  std::vector<std::string> out;
  if (find(from, key) == nullptr) return out;
  for (const json::value& item : array_at(from, key)) {
    if (!item.is_string()) fail("an item of '{}' is not a text", key);
    out.emplace_back(item.get_string().data(), item.get_string().size());
  }
  return out;
}

}  // namespace muster::json_parts
