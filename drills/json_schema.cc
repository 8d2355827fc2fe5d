#include "drills/json_schema.h"

#include <fmt/format.h>

#include "drills/conditions.h"
#include "drills/playbook.h"
#include "drills/playbook_tables.h"
#include "drills/stack_tables.h"
#include "drills/values.h"
#include "drills/variables.h"

namespace muster {

namespace {

constexpr const char* kDraft = "https://json-schema.org/draft/2020-12/schema";

json::string text(std::string_view words) {
  return json::string(words.data(), words.size());
}

json::object reference(std::string_view name) {
  return {{"$ref", text(fmt::format("#/$defs/{}", name))}};
}

json::object pattern(std::string_view expression) {
  return {{"type", "string"}, {"pattern", text(expression)}};
}

/// Scalars as YAML gives them to an editor: a text may look like a number.
json::object any_scalar() {
  return {{"type", {"string", "number", "boolean"}}};
}

json::object either(json::array forms) {
  return {{"anyOf", std::move(forms)}};
}

/// The forms of values, shared by all keys.
json::object value_definitions() {
  const json::object variable = pattern("\\$\\{[a-z0-9][a-z0-9_-]*\\}");
  const json::object zero{{"const", 0}};
  const auto with_unit = [&](std::string_view units) {
    return either(
        {pattern(fmt::format("^[0-9]+(\\.[0-9]+)?({})$", units)), zero, reference("variable")});
  };
  return {
      {"variable", variable},
      {"text", any_scalar()},
      {"name",
       either(
           {pattern("^[a-z0-9][a-z0-9_-]{0,63}$"), {{"type", "integer"}}, reference("variable")})},
      {"flag", either({{{"type", "boolean"}}, reference("variable")})},
      {"duration",
       either({pattern("^([0-9]+(\\.[0-9]+)?(d|h|m|s|ms|us|ns))+$"), zero, reference("variable")})},
      {"ratio",
       either({pattern("^[0-9]+(\\.[0-9]+)?%$"),
               {{"type", "number"}, {"minimum", 0}, {"maximum", 1}},
               reference("variable")})},
      {"rate", with_unit("/s|/m|/h")},
      {"bandwidth", with_unit("bit|kbit|mbit|gbit")},
      {"size", with_unit("B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB")},
      {"limit", any_scalar()},
      {"argv",
       either(
           {{{"type", "array"}, {"minItems", 1}, {"items", any_scalar()}}, reference("variable")})},
      {"text_list", either({{{"type", "array"}, {"items", any_scalar()}}, any_scalar()})},
      {"name_list", either({{{"type", "array"}, {"items", reference("name")}}, reference("name")})},
      {"text_map", {{"type", "object"}, {"additionalProperties", any_scalar()}}}};
}

json::object field_schema(const Field& field);

json::object numeric(const Field& field, std::string_view type) {
  constexpr double kUnbounded = 1e299;
  json::object number{{"type", text(type)}};
  if (field.least > -kUnbounded) number["minimum"] = field.least;
  if (field.most < kUnbounded) number["maximum"] = field.most;
  return either({std::move(number), reference("variable")});
}

/// A closed map: these keys and no others.
json::object map_schema(const Schema& fields) {
  json::object properties;
  json::array required;
  for (const Field& field : fields) {
    properties[text(field.name)] = field_schema(field);
    if (field.required) required.push_back(text(field.name));
  }
  json::object schema{
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json::object form_of(const Field& field) {
  switch (field.type) {
    case Type::Integer:
      return numeric(field, "integer");
    case Type::Number:
      return numeric(field, "number");
    case Type::Object:
      return map_schema(field.fields);
    case Type::ObjectList:
      return {{"type", "array"}, {"items", map_schema(field.fields)}};
    case Type::Choice: {
      json::array choices;
      for (const std::string_view choice : field.choices) choices.push_back(text(choice));
      return either({{{"enum", std::move(choices)}}, reference("variable")});
    }
    default:
      return reference(type_name(field.type));
  }
}

json::object field_schema(const Field& field) {
  json::object schema = form_of(field);
  if (!field.help.empty()) schema["description"] = text(field.help);
  if (!field.fallback.empty()) schema["default"] = text(field.fallback);
  return schema;
}

/// {kind: {params}}: exactly one of the kinds.
json::object kind_properties(const std::vector<const KindSpec*>& kinds) {
  json::object properties;
  for (const KindSpec* kind : kinds) {
    json::object params = map_schema(kind->fields);
    if (!params.contains("required")) params["type"] = {"object", "null"};
    params["description"] = text(kind->summary);
    properties[text(kind->name)] = std::move(params);
  }
  return properties;
}

json::object fault_schema(const Catalogue& catalogue) {
  return {{"type", "object"},
          {"properties", kind_properties(catalogue.faults)},
          {"additionalProperties", false},
          {"minProperties", 1},
          {"maxProperties", 1}};
}

json::object probe_schema(const Catalogue& catalogue) {
  json::object schema = map_schema(probe_fields());
  json::array one_kind;
  for (auto& [kind, params] : kind_properties(catalogue.probes)) {
    schema["properties"].as_object()[kind] = params;
    one_kind.push_back(json::object{{"required", json::array{kind}}});
  }
  schema["oneOf"] = std::move(one_kind);
  return schema;
}

json::object condition_schema(const ConditionPlace& place) {
  json::object schema = map_schema(place.fields);
  json::array metrics;
  for (const std::string& name : metrics_of(place)) metrics.push_back(json::value(name));
  schema["properties"].as_object()["metric"] = json::object{{"enum", std::move(metrics)}};
  const char* first = place.stops ? "above" : "max";
  const char* second = place.stops ? "below" : "min";
  schema["anyOf"] = json::array{{{"required", {first}}}, {{"required", {second}}}};
  return schema;
}

json::object list_of(std::string_view definition, std::string_view help) {
  return {{"type", "array"}, {"items", reference(definition)}, {"description", text(help)}};
}

json::object await_schema() {
  const auto milestone = [](const char* key) {
    return json::object{{"type", "object"},
                        {"properties", {{key, reference("name")}}},
                        {"required", {key}},
                        {"additionalProperties", false}};
  };
  return either({milestone("failover"), milestone("recovery"), reference("await_condition")});
}

/// The form of a key that has a reader of its own.
json::object special_schema(std::string_view key) {
  if (key == "fault") return reference("fault");
  if (key == "await") return reference("await");
  if (key == "expect") return reference("expect_condition");
  return {{"type", "array"}, {"items", reference("step")}};
}

json::object step_schema() {
  json::array kinds;
  for (const StepKind& kind : step_kinds()) {
    json::object schema = map_schema(kind.fields);
    // Inserting moves what lies in an object, so nothing of it is held by reference meanwhile.
    if (!schema.contains("required")) schema["required"] = json::array{};
    json::object& properties = schema["properties"].as_object();
    for (const std::string_view key : kind.special) {
      properties[text(key)] = special_schema(key);
      schema["required"].as_array().push_back(text(key));
    }
    properties["when"] = json::object{
        {"type", "string"}, {"description", "${flag}, ${name} == value or ${name} != value"}};
    schema["description"] = text(kind.help);
    kinds.push_back(std::move(schema));
  }
  return {{"oneOf", std::move(kinds)}};
}

json::object variable_schema() {
  json::object schema = map_schema(variable_fields());
  schema["properties"].as_object()["default"] =
      json::object{{"description", "what it is unless --set says otherwise"}};
  return schema;
}

json::object map_of(json::value item, std::string_view help) {
  return {
      {"type", "object"}, {"additionalProperties", std::move(item)}, {"description", text(help)}};
}

json::object reach_schema() {
  json::array forms{{{"const", "local"}}};
  for (const StackKind& kind : reach_kinds()) {
    if (kind.name == "local") continue;
    const json::string name = text(kind.name);
    json::object form = map_schema(kind.fields);
    form["properties"].as_object()[name] =
        json::object{{"type", "string"}, {"description", text(kind.help)}};
    form["required"] = json::array{name};
    forms.push_back(std::move(form));
  }
  return {{"anyOf", std::move(forms)}};
}

json::object service_schema() {
  json::array forms;
  for (const StackKind& kind : service_kinds()) {
    json::object schema = map_schema(kind.fields);
    schema["properties"].as_object()["kind"] = json::object{{"const", text(kind.name)}};
    if (!schema.contains("required")) schema["required"] = json::array{};
    schema["required"].as_array().push_back("kind");
    schema["description"] = text(kind.help);
    forms.push_back(std::move(schema));
  }
  return {{"oneOf", std::move(forms)}};
}

json::object routing_schema() {
  json::object schema = map_schema(routing_fields());
  for (const StackKind& kind : routing_kinds()) {
    json::object fields = map_schema(kind.fields);
    fields["description"] = text(kind.help);
    schema["properties"].as_object()[text(kind.name)] = std::move(fields);
  }
  return schema;
}

json::object document(std::string_view title, json::object root, json::object definitions) {
  json::object out{{"$schema", kDraft}, {"title", text(title)}};
  for (auto& [key, value] : root) out[key] = std::move(value);
  out["$defs"] = std::move(definitions);
  return out;
}

}  // namespace

json::object playbook_json_schema(const Catalogue& catalogue) {
  json::object root = map_schema(playbook_fields());
  json::object& properties = root["properties"].as_object();
  properties["drill"] = pattern("^[a-z0-9-]{1,64}$");
  const auto help = [](std::string_view name) {
    for (const PlaybookSection& section : playbook_sections()) {
      if (section.name == name) return section.help;
    }
    return std::string_view();
  };
  properties["vars"] = map_of(reference("variable_definition"), help("vars"));
  properties["probes"] = map_of(reference("probe"), help("probes"));
  properties["steady"] = list_of("steady_condition", help("steady"));
  properties["stop_if"] = list_of("stop_condition", help("stop_if"));
  properties["steps"] = list_of("step", help("steps"));
  properties["steps"].as_object()["minItems"] = 1;
  properties["objectives"] = list_of("objective", help("objectives"));
  root["required"].as_array().push_back("steps");

  json::object definitions = value_definitions();
  definitions["variable_definition"] = variable_schema();
  definitions["probe"] = probe_schema(catalogue);
  definitions["fault"] = fault_schema(catalogue);
  definitions["steady_condition"] = condition_schema(steady_place());
  definitions["stop_condition"] = condition_schema(stop_place());
  definitions["await_condition"] = condition_schema(await_place());
  definitions["expect_condition"] = condition_schema(expect_place());
  definitions["objective"] = condition_schema(objective_place());
  definitions["await"] = await_schema();
  definitions["step"] = step_schema();
  return document("muster playbook", std::move(root), std::move(definitions));
}

json::object stack_json_schema() {
  json::object root = map_schema(stack_fields());
  json::object& properties = root["properties"].as_object();
  json::object host = map_schema(host_fields());
  host["properties"].as_object()["reach"] = reach_schema();
  host["required"] = json::array{"reach"};
  json::object protect = map_schema(protect_fields());
  protect["minProperties"] = 1;
  protect["maxProperties"] = 1;
  const std::vector<StackSection>& sections = stack_sections();
  const std::vector<json::object> forms = {map_of(std::move(host), ""),
                                           map_of(service_schema(), ""),
                                           routing_schema(),
                                           map_of(map_schema(vantage_fields()), ""),
                                           {{"type", "array"}, {"items", std::move(protect)}}};
  for (std::size_t i = 0; i < sections.size(); ++i) {
    json::object form = forms.at(i);
    form["description"] = text(sections[i].help);
    properties[text(sections[i].name)] = std::move(form);
  }
  root["required"].as_array().push_back("hosts");
  return document("muster stack", std::move(root), value_definitions());
}

json::object fields_json_schema(const Schema& fields) {
  return map_schema(fields);
}

json::object named_json_schema(json::value item, std::string_view help) {
  return map_of(std::move(item), help);
}

json::object json_schema_document(std::string_view title, json::object root) {
  return document(title, std::move(root), value_definitions());
}

}  // namespace muster
