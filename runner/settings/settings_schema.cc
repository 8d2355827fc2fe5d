#include "runner/settings/settings_schema.h"

#include "drills/json_schema.h"
#include "runner/settings/settings_tables.h"

namespace muster {

json::object settings_json_schema() {
  json::object root = fields_json_schema(settings_fields());
  json::object& properties = root["properties"].as_object();
  properties["drills"] =
      named_json_schema(fields_json_schema(scheduled_drill_fields()), "what runs when, by name");
  json::object serve = fields_json_schema(serve_fields());
  serve["properties"].as_object()["tokens"] =
      named_json_schema(fields_json_schema(token_fields()), "who may ask for what, by name");
  properties["serve"] = std::move(serve);
  properties["notify"] =
      named_json_schema(fields_json_schema(notify_fields()), "who is told, by name");
  return json_schema_document("settings of muster serve", std::move(root));
}

}  // namespace muster
