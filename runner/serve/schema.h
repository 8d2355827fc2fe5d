#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/json.h"

/// JSON Schema, as the routes need it for their bodies and answers.
namespace muster::schema {

inline json::object text() {
  return {{"type", "string"}};
}

inline json::object whole_number() {
  return {{"type", "integer"}};
}

inline json::object flag() {
  return {{"type", "boolean"}};
}

/// RFC 3339, UTC.
inline json::object instant() {
  return {{"type", "string"}, {"format", "date-time"}};
}

inline json::object list(json::object of) {
  json::object made{{"type", "array"}};
  made["items"] = std::move(of);
  return made;
}

using Field = std::pair<std::string_view, json::object>;

/// Any of the fields, and no other.
inline json::object options(std::initializer_list<Field> fields) {
  json::object properties;
  for (const auto& [name, schema] : fields) properties[name] = schema;
  json::object made{{"type", "object"}, {"additionalProperties", false}};
  made["properties"] = std::move(properties);
  return made;
}

/// All of the fields, and no other.
inline json::object object(std::initializer_list<Field> fields) {
  json::object made = options(fields);
  json::array names;
  for (const auto& [name, schema] : fields) names.emplace_back(name);
  made["required"] = std::move(names);
  return made;
}

}  // namespace muster::schema
