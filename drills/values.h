#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "drills/schema.h"

namespace muster {

/// The type's name as written in `vars:` and shown in help: "duration", "text_list".
std::string_view type_name(Type type);
std::optional<Type> type_named(std::string_view name);
/// "a duration, like 20s or 1m30s"
std::string_view expected(Type type);

/// Whether one YAML scalar holds the whole value.
bool is_scalar_type(Type type);

/// The canonical form of a scalar (see Type), or nothing where the text is no such value. Choice is
/// not looked at: its words belong to the field.
std::optional<json::value> parse_value(Type type, std::string_view text);

/// The canonical form as it would be written: "1m30s", "1%", "100/s".
std::string write_value(Type type, const json::value& value);

/// The value as a number in the unit that ranges are given in (durations: seconds); nothing for
/// texts and flags.
std::optional<double> number_of(Type type, const json::value& value);

/// What the person may have meant: "did you mean '5s'?", or empty.
std::string value_hint(Type type, std::string_view text);

bool is_name(std::string_view text);

}  // namespace muster
