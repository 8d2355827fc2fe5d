#include "drills/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/values.h"

namespace muster {

namespace {

std::vector<std::string> names_in(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema) names.emplace_back(field.name);
  return names;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A bound of a range in the words of its type.
std::string bound_text(Type type, double bound) {
  if (type == Type::Duration) return write_value(type, json::value(from_seconds(bound).count()));
  return write_value(type, json::value(bound));
}

json::string json_text(std::string_view text) {
  return json::string(text.data(), text.size());
}

class FieldReader {
 public:
  FieldReader(const Names& names, Reading& reading) : names_(names), reading_(reading) {}

  Params read(const Schema& schema,
              const YamlNode& node,
              const Owner& owner,
              const std::vector<std::string>& others) {
    json::object values = read_map(schema, node, owner, "", others);
    return Params(std::move(values), std::move(places_));
  }

 private:
  json::object read_map(const Schema& schema,
                        const YamlNode& node,
                        const Owner& owner,
                        const std::string& prefix,
                        const std::vector<std::string>& others) {
    json::object values;
    if (node.broken || !expect_map(node, owner, reading_)) return values;
    const std::vector<std::string> meant =
        refuse_unknown_keys(schema, node, owner, reading_, others);
    for (const Field& field : schema) {
      const YamlEntry* entry = node.find(field.name);
      std::optional<json::value> value;
      if (entry != nullptr) {
        places_[prefix + std::string(field.name)] = entry->value.where;
        value = read_value(field, *entry, owner, prefix);
      } else if (field.required && !contains(meant, field.name)) {
        reading_.report(
            owner.where,
            fmt::format("{} needs '{}'", owner.text, field.name),
            fmt::format(
                "{}: {}", field.name, field.help.empty() ? expected(field.type) : field.help));
      } else if (!field.fallback.empty()) {
        value = fallback_of(field);
      }
      if (value) values[json_text(field.name)] = std::move(*value);
    }
    return values;
  }

  std::optional<json::value> read_value(const Field& field,
                                        const YamlEntry& entry,
                                        const Owner& owner,
                                        const std::string& prefix) {
    const YamlNode& node = entry.value;
    const std::string path = prefix + std::string(field.name);
    if (node.broken) return std::nullopt;
    if (node.is_nothing()) {
      reading_.report(node.where,
                      fmt::format("'{}' of {} has no value", field.name, owner.text),
                      fmt::format("write {}", expected(field.type)));
      return std::nullopt;
    }
    // "'hold' of step 'hold'" would say it twice.
    const bool same = owner.text == fmt::format("step '{}'", field.name);
    const Owner inner{fmt::format("'{}'{}", field.name, same ? "" : " of " + owner.text),
                      entry.where};
    switch (field.type) {
      case Type::Argv:
        return read_argv(field, node, inner, path);
      case Type::TextList:
      case Type::NameList:
        return read_list(field, node, inner, path);
      case Type::TextMap:
        return read_text_map(field, node, inner, path);
      case Type::Object:
        return json::value(read_map(field.fields, node, inner, path + ".", {}));
      case Type::ObjectList:
        return read_objects(field, node, inner, path);
      default:
        return read_scalar(field.type, field, node, inner.text);
    }
  }

  std::optional<json::value> read_scalar(Type type,
                                         const Field& field,
                                         const YamlNode& node,
                                         const std::string& what) {
    if (node.broken) return std::nullopt;
    if (!node.is_scalar()) {
      reading_.report(node.where,
                      fmt::format("{} must be {}, not {}", what, expected(type), node.shown()));
      return std::nullopt;
    }
    if (type == Type::Choice) return read_choice(field, node, what);
    auto value = parse_value(type, node.text);
    if (!value) {
      reading_.report(node.where,
                      fmt::format("{} must be {}, not {}", what, expected(type), node.shown()),
                      value_hint(type, node.text));
      return std::nullopt;
    }
    if (type == Type::Text && field.required && node.text.empty()) {
      reading_.report(node.where, fmt::format("{} must not be empty", what));
      return std::nullopt;
    }
    if (!in_range(field, *value, node, what)) return std::nullopt;
    refuse_unknown_name(field.refers, node);
    return value;
  }

  std::optional<json::value> read_choice(const Field& field,
                                         const YamlNode& node,
                                         const std::string& what) {
    const std::vector<std::string> choices(field.choices.begin(), field.choices.end());
    if (contains(choices, node.text)) return json::value(json_text(node.text));
    std::vector<std::string> quoted;
    for (const std::string& choice : choices) quoted.push_back("'" + choice + "'");
    const std::string near = nearest(node.text, choices);
    reading_.report(node.where,
                    fmt::format("{} must be {}, not {}", what, one_of(quoted), node.shown()),
                    near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    return std::nullopt;
  }

  bool in_range(const Field& field,
                const json::value& value,
                const YamlNode& node,
                const std::string& what) {
    if (field.type == Type::Ratio && number_of(field.type, value).value_or(0) > 1) {
      reading_.report(node.where,
                      fmt::format("{} must be at most 100%, not {}", what, node.shown()),
                      value_hint(field.type, node.text));
      return false;
    }
    const auto number = number_of(field.type, value);
    if (!number || (*number >= field.least && *number <= field.most)) return true;
    const bool low = *number < field.least;
    reading_.report(node.where,
                    fmt::format("{} must be {} {}, not {}",
                                what,
                                low ? "at least" : "at most",
                                bound_text(field.type, low ? field.least : field.most),
                                node.shown()));
    return false;
  }

  std::optional<json::value> read_argv(const Field& field,
                                       const YamlNode& node,
                                       const Owner& what,
                                       const std::string& path) {
    if (!node.is_list() || node.items.empty()) {
      reading_.report(node.where,
                      fmt::format("{} must be {}, not {}",
                                  what.text,
                                  expected(field.type),
                                  node.is_list() ? "an empty list" : node.shown()),
                      node.is_scalar() ? value_hint(field.type, node.text) : "");
      return std::nullopt;
    }
    auto words = read_list(field, node, what, path);
    const YamlNode& program = node.items.front();
    if (program.is_scalar() && (program.text.empty() || program.text.starts_with('-'))) {
      reading_.report(
          program.where,
          fmt::format("{} must begin with a program, not {}", what.text, program.shown()));
    }
    return words;
  }

  std::optional<json::value> read_list(const Field& field,
                                       const YamlNode& node,
                                       const Owner& what,
                                       const std::string& path) {
    const Type item_type = field.type == Type::NameList ? Type::Name : Type::Text;
    if (node.is_map()) {
      reading_.report(
          node.where,
          fmt::format("{} must be {}, not a map of keys", what.text, expected(field.type)));
      return std::nullopt;
    }
    json::array list;
    const auto add = [&](const YamlNode& item) {
      places_[fmt::format("{}.{}", path, list.size())] = item.where;
      Field item_field = field;
      item_field.type = item_type;
      item_field.required = false;
      if (auto value = read_scalar(item_type, item_field, item, "an item in " + what.text)) {
        list.push_back(std::move(*value));
      }
    };
    if (node.is_scalar()) add(node);
    for (const YamlNode& item : node.items) add(item);
    if (field.required && node.is_list() && node.items.empty()) {
      reading_.report(node.where, fmt::format("{} must not be empty", what.text));
    }
    return json::value(std::move(list));
  }

  std::optional<json::value> read_text_map(const Field& field,
                                           const YamlNode& node,
                                           const Owner& what,
                                           const std::string& path) {
    if (!expect_map(node, what, reading_)) return std::nullopt;
    json::object map;
    for (const YamlEntry& each : node.entries) {
      places_[path + "." + each.key] = each.value.where;
      YamlNode key;
      key.kind = YamlNode::Kind::Scalar;
      key.where = each.where;
      key.text = each.key;
      refuse_unknown_name(field.key_refers, key);
      if (auto value = read_scalar(
              Type::Text, field, each.value, fmt::format("'{}' in {}", each.key, what.text))) {
        map[each.key] = std::move(*value);
      }
    }
    return json::value(std::move(map));
  }

  std::optional<json::value> read_objects(const Field& field,
                                          const YamlNode& node,
                                          const Owner& what,
                                          const std::string& path) {
    if (!node.is_list()) {
      reading_.report(
          node.where,
          fmt::format("{} must be {}, not {}", what.text, expected(field.type), node.shown()));
      return std::nullopt;
    }
    json::array list;
    for (const YamlNode& item : node.items) {
      const Owner owner{"an item in " + what.text, item.where};
      list.push_back(
          read_map(field.fields, item, owner, fmt::format("{}.{}.", path, list.size()), {}));
    }
    return json::value(std::move(list));
  }

  void refuse_unknown_name(Refers refers, const YamlNode& node) {
    const auto forbidden = names_.untouchable.find(refers);
    if (forbidden != names_.untouchable.end() && contains(forbidden->second, node.text)) {
      reading_.report(
          node.where,
          fmt::format("the {} '{}' is under 'protect' in the stack: nothing may touch it",
                      noun_of(refers),
                      node.text));
    }
    const auto known = names_.known.find(refers);
    if (refers == Refers::Nothing || known == names_.known.end() ||
        contains(known->second, node.text))
      return;
    reading_.report(node.where,
                    fmt::format("there is no {} '{}'", noun_of(refers), node.text),
                    suggestion(node.text, known->second));
  }

  /// A scalar default is taken as it stands, so that "{n}" needs no quotes in a table; a list is
  /// read as YAML.
  static std::optional<json::value> fallback_of(const Field& field) {
    Reading reading;
    const Names no_names;
    YamlEntry entry{std::string(field.name), {}, {}};
    if (is_scalar_type(field.type)) {
      entry.value.kind = YamlNode::Kind::Scalar;
      entry.value.text = field.fallback;
    } else if (auto node =
                   read_yaml(reading.adopt("default", std::string(field.fallback)), reading)) {
      entry.value = std::move(*node);
    }
    auto value = FieldReader(no_names, reading).read_value(field, entry, {"a table", {}}, "");
    if (reading.count() > 0 || !value) {
      fail("the default '{}' of '{}' does not fit its own type", field.fallback, field.name);
    }
    return value;
  }

  const Names& names_;
  Reading& reading_;
  std::map<std::string, Where, std::less<>> places_;
};

}  // namespace

Params read_fields(const Schema& schema,
                   const YamlNode& node,
                   const Owner& owner,
                   const Names& names,
                   Reading& reading,
                   const std::vector<std::string>& others) {
  return FieldReader(names, reading).read(schema, node, owner, others);
}

std::vector<std::string> refuse_unknown_keys(const Schema& schema,
                                             const YamlNode& node,
                                             const Owner& owner,
                                             Reading& reading,
                                             const std::vector<std::string>& others) {
  std::vector<std::string> known = names_in(schema);
  known.insert(known.end(), others.begin(), others.end());
  std::vector<std::string> meant;
  for (const YamlEntry& entry : node.entries) {
    if (contains(known, entry.key)) continue;
    const std::string hint = known.empty() ? "it takes no keys" : suggestion(entry.key, known);
    reading.report(entry.where, fmt::format("unknown key '{}' in {}", entry.key, owner.text), hint);
    meant.push_back(nearest(entry.key, known));
  }
  return meant;
}

bool expect_map(const YamlNode& node, const Owner& owner, Reading& reading) {
  if (node.is_map() || node.is_nothing()) return true;
  if (!node.broken) {
    reading.report(node.where,
                   fmt::format("{} must be a map of keys, not {}", owner.text, node.shown()));
  }
  return false;
}

bool expect_list(const YamlEntry& entry, std::string_view hint, Reading& reading) {
  const YamlNode& node = entry.value;
  if (node.is_list() || node.broken) return node.is_list();
  reading.report(node.where,
                 node.is_nothing()
                     ? fmt::format("'{}' is empty", entry.key)
                     : fmt::format("'{}' must be a list, not {}", entry.key, node.shown()),
                 std::string(hint));
  return false;
}

std::string_view noun_of(Refers refers) {
  switch (refers) {
    case Refers::Region:
      return "region";
    case Refers::Host:
      return "host";
    case Refers::Service:
      return "service";
    case Refers::Vantage:
      return "vantage";
    case Refers::Probe:
      return "probe";
    case Refers::Step:
      return "step";
    case Refers::Variable:
      return "variable";
    case Refers::Nothing:
      break;
  }
  return "name";
}

}  // namespace muster
