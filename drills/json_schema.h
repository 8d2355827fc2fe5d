#pragma once

#include <string_view>

#include "base/json.h"
#include "drills/schema.h"

namespace muster {

// JSON Schemas (2020-12) of the files that people write, from the very tables by which they are
// read; for editors. Those of playbooks and stacks are in playbook.h.

/// A closed map: the keys of `fields` and no others. Refers to definitions that
/// `json_schema_document` adds.
json::object fields_json_schema(const Schema& fields);
/// A map by name of what `item` says.
json::object named_json_schema(json::value item, std::string_view help);
/// `root` with what it refers to: the forms of values.
json::object json_schema_document(std::string_view title, json::object root);

}  // namespace muster
