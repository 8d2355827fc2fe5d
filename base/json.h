#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/time.h"

namespace muster {

namespace json = boost::json;

/// Throws Error naming `what` ("result.json", "agent hello") where the text is not JSON.
json::value parse_json(std::string_view text, std::string_view what);

/// Indented by two blanks, keys in the order they were inserted; the same value gives the same
/// bytes. Doubles are printed with the fewest digits that read back the same.
std::string pretty_json(const json::value& value);
/// One line.
std::string compact_json(const json::value& value);

/// Strict getters: throw Error that names the key where it is missing or of another type.
const json::value& at(const json::object& object, std::string_view key);
std::string text_at(const json::object& object, std::string_view key);
std::int64_t integer_at(const json::object& object, std::string_view key);
double number_at(const json::object& object, std::string_view key);
bool flag_at(const json::object& object, std::string_view key);
Duration duration_at(const json::object& object, std::string_view key);  ///< integer nanoseconds
/// The member, or nullptr where it is absent or null.
const json::value* find(const json::object& object, std::string_view key);

}  // namespace muster
