#include <filesystem>
#include <regex>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "drills/playbook_tables.h"
#include "drills/values.h"
#include "drills/yaml_reader.h"
#include "test/drills/test_catalogue.h"

namespace muster {

namespace {

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

/// The part of JSON Schema 2020-12 that the schemas use; any other keyword fails the test.
class Validator {
 public:
  explicit Validator(const json::object& root) : root_(root) {}

  bool valid(const json::value& schema, const json::value& value) const {
    if (schema.is_bool()) return schema.get_bool();
    for (const auto& [keyword, argument] : schema.as_object()) {
      if (!holds(std::string(keyword), argument, schema.as_object(), value)) return false;
    }
    return true;
  }

 private:
  bool holds(const std::string& keyword,
             const json::value& argument,
             const json::object& schema,
             const json::value& value) const {
    if (keyword == "$ref") return valid(definition(text_of(argument)), value);
    if (keyword == "type") return has_type(argument, value);
    if (keyword == "const") return argument == value;
    if (keyword == "anyOf") return matches(argument, value) >= 1;
    if (keyword == "oneOf") return matches(argument, value) == 1;
    if (keyword == "enum") {
      return std::any_of(argument.as_array().begin(),
                         argument.as_array().end(),
                         [&](const json::value& each) { return each == value; });
    }
    if (keyword == "pattern")
      return !value.is_string() || std::regex_search(text_of(value), std::regex(text_of(argument)));
    if (keyword == "minimum")
      return !value.is_number() || value.to_number<double>() >= argument.to_number<double>();
    if (keyword == "maximum")
      return !value.is_number() || value.to_number<double>() <= argument.to_number<double>();
    if (keyword == "minItems")
      return !value.is_array() || value.as_array().size() >= argument.to_number<std::size_t>();
    if (keyword == "minProperties")
      return !value.is_object() || value.as_object().size() >= argument.to_number<std::size_t>();
    if (keyword == "maxProperties")
      return !value.is_object() || value.as_object().size() <= argument.to_number<std::size_t>();
    if (keyword == "items") {
      return !value.is_array() ||
             std::all_of(value.as_array().begin(),
                         value.as_array().end(),
                         [&](const json::value& item) { return valid(argument, item); });
    }
    if (keyword == "required") {
      return !value.is_object() || std::all_of(argument.as_array().begin(),
                                               argument.as_array().end(),
                                               [&](const json::value& key) {
                                                 return value.as_object().contains(key.as_string());
                                               });
    }
    if (keyword == "properties")
      return !value.is_object() || properties_hold(argument.as_object(), value.as_object());
    if (keyword == "additionalProperties")
      return !value.is_object() || others_hold(argument, schema, value.as_object());
    const bool annotation = keyword == "description" || keyword == "default" ||
                            keyword == "title" || keyword == "$schema" || keyword == "$defs";
    BOOST_TEST(annotation, "the schema uses a keyword this test does not know: " << keyword);
    return true;
  }

  const json::value& definition(const std::string& reference) const {
    BOOST_TEST_REQUIRE(reference.starts_with("#/$defs/"));
    return root_.at("$defs").as_object().at(reference.substr(8));
  }

  long matches(const json::value& schemas, const json::value& value) const {
    return std::count_if(schemas.as_array().begin(),
                         schemas.as_array().end(),
                         [&](const json::value& each) { return valid(each, value); });
  }

  static bool has_type(const json::value& types, const json::value& value) {
    if (types.is_array()) {
      return std::any_of(types.as_array().begin(),
                         types.as_array().end(),
                         [&](const json::value& each) { return has_type(each, value); });
    }
    const std::string type = text_of(types);
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_bool();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_int64();
    return value.is_number();
  }

  bool properties_hold(const json::object& properties, const json::object& value) const {
    return std::all_of(value.begin(), value.end(), [&](const json::key_value_pair& each) {
      return !properties.contains(each.key()) || valid(properties.at(each.key()), each.value());
    });
  }

  bool others_hold(const json::value& others,
                   const json::object& schema,
                   const json::object& value) const {
    const json::value* properties = schema.if_contains("properties");
    return std::all_of(value.begin(), value.end(), [&](const json::key_value_pair& each) {
      const bool named = properties != nullptr && properties->as_object().contains(each.key());
      return named || valid(others, each.value());
    });
  }

  const json::object& root_;
};

/// As an editor sees the YAML: plain scalars may be numbers, flags or null.
json::value as_editor(const YamlNode& node) {
  if (node.is_nothing()) return nullptr;
  if (node.is_list()) {
    json::array out;
    for (const YamlNode& item : node.items) out.push_back(as_editor(item));
    return out;
  }
  if (node.is_map()) {
    json::object out;
    for (const YamlEntry& entry : node.entries) out[entry.key] = as_editor(entry.value);
    return out;
  }
  if (!node.quoted) {
    if (const auto value = parse_value(Type::Flag, node.text)) return *value;
    if (const auto value = parse_value(Type::Integer, node.text)) return *value;
    if (const auto value = parse_value(Type::Number, node.text)) return *value;
  }
  return json::value(node.text);
}

json::value read_file_as_editor(const std::string& file) {
  Reading reading;
  const auto root = read_yaml(*reading.open(file), reading);
  return as_editor(root.value());
}

bool fits(const json::object& schema, const std::string& file) {
  return Validator(schema).valid(schema, read_file_as_editor(source_path(file)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_schema)

BOOST_AUTO_TEST_CASE(an_editor_accepts_every_good_playbook) {
  const json::object schema = playbook_json_schema(test_catalogue());
  for (const std::string name : {"full", "smallest", "every_step"})
    BOOST_TEST(fits(schema, "test/good/" + name + ".yaml"), name);
}

BOOST_AUTO_TEST_CASE(an_editor_refuses_what_can_be_seen_without_the_stack) {
  const json::object schema = playbook_json_schema(test_catalogue());
  for (const std::string name : {"unknown_section",
                                 "no_drill_name",
                                 "drill_name_with_blanks",
                                 "no_steps",
                                 "empty_steps",
                                 "trials_zero",
                                 "probe_without_kind",
                                 "probe_kind_misspelt",
                                 "probe_two_kinds",
                                 "probe_without_url",
                                 "probe_nested_key",
                                 "probe_status_range",
                                 "probe_rate_without_unit",
                                 "probe_arrivals",
                                 "probe_clients_fraction",
                                 "metric_misspelt",
                                 "metric_not_live",
                                 "metric_only_live",
                                 "objective_above",
                                 "stop_if_max",
                                 "objective_without_limit",
                                 "step_unknown",
                                 "step_two_things",
                                 "step_is_a_word",
                                 "step_key_misspelt",
                                 "inject_without_fault",
                                 "fault_unknown",
                                 "fault_two_kinds",
                                 "fault_key_misspelt",
                                 "fault_takes_no_keys",
                                 "choice_unknown",
                                 "bandwidth_without_unit",
                                 "argv_as_a_line",
                                 "argv_empty",
                                 "irreversible_misspelt",
                                 "await_unknown",
                                 "await_two",
                                 "run_without_argv",
                                 "hold_without_unit",
                                 "hold_negative",
                                 "variable_type_unknown",
                                 "version_of_the_future",
                                 "a_stack_for_a_playbook"}) {
    BOOST_TEST(!fits(schema, "test/bad/" + name + ".yaml"), name);
  }
}

BOOST_AUTO_TEST_CASE(an_editor_accepts_the_stacks_and_refuses_broken_ones) {
  const json::object schema = stack_json_schema();
  BOOST_TEST(fits(schema, "drills/stacks/lab.yaml"));
  BOOST_TEST(fits(schema, "test/bad/stack.yaml"));
  for (const std::string name : {"no_hosts",
                                 "no_name",
                                 "environment",
                                 "reach_missing",
                                 "reach_unknown",
                                 "reach_without_target",
                                 "reach_two_kinds",
                                 "ssh_setting",
                                 "ssh_port",
                                 "ssh_without_login",
                                 "service_kind",
                                 "service_no_kind",
                                 "service_key",
                                 "routing_key",
                                 "routing_fall",
                                 "protect_word",
                                 "protect_key",
                                 "protect_map"}) {
    BOOST_TEST(!fits(schema, "test/bad/stacks/" + name + ".yaml"), name);
  }
}

BOOST_AUTO_TEST_CASE(every_kind_of_the_catalogue_and_every_step_is_in_it) {
  const Catalogue catalogue = test_catalogue();
  const json::object schema = playbook_json_schema(catalogue);
  const json::object& definitions = schema.at("$defs").as_object();
  for (const KindSpec* kind : catalogue.faults) {
    const json::value* fault =
        definitions.at("fault").at("properties").as_object().if_contains(std::string(kind->name));
    BOOST_TEST_REQUIRE(fault != nullptr, kind->name);
    BOOST_TEST(fault->at("properties").as_object().size() == kind->fields.size());
  }
  for (const KindSpec* kind : catalogue.probes) {
    BOOST_TEST(
        definitions.at("probe").at("properties").as_object().contains(std::string(kind->name)),
        kind->name);
  }
  BOOST_TEST(definitions.at("step").at("oneOf").as_array().size() == step_kinds().size());
}

BOOST_AUTO_TEST_CASE(the_same_tables_give_the_same_bytes) {
  BOOST_TEST(pretty_json(playbook_json_schema(test_catalogue())) ==
             pretty_json(playbook_json_schema(test_catalogue())));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
