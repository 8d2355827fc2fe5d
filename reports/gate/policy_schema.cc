#include "drills/json_schema.h"
#include "reports/gate/policy.h"
#include "reports/gate/policy_tables.h"

namespace muster {

json::object gate_policy_json_schema() {
  const json::object name{{"type", "string"}, {"pattern", "^[a-z0-9][a-z0-9_-]{0,63}$"}};
  json::object drills{
      {"type", "array"},
      {"minItems", 1},
      {"items", {{"anyOf", json::array{name, fields_json_schema(policy_drill_fields())}}}}};
  json::object root = fields_json_schema(policy_fields());
  json::object& properties = root["properties"].as_object();
  properties["services"] =
      named_json_schema(named_json_schema(std::move(drills), "the drills it needs, by environment"),
                        "what may be deployed, by name");
  properties["waivers"] =
      json::object{{"type", "array"}, {"items", fields_json_schema(waiver_fields())}};
  return json_schema_document("policy of muster gate", std::move(root));
}

}  // namespace muster
