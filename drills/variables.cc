#include "drills/variables.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/secret.h"
#include "base/text.h"
#include "drills/header.h"
#include "drills/values.h"

namespace muster {

namespace {

YamlNode scalar(std::string text, const Where& where) {
  YamlNode node;
  node.kind = YamlNode::Kind::Scalar;
  node.where = where;
  node.text = std::move(text);
  return node;
}

/// What was given on the command line, as if it had been written in the file; lists are separated
/// by commas.
YamlNode given(Type type, const std::string& text, const Where& where) {
  if (is_scalar_type(type)) return scalar(text, where);
  YamlNode node;
  node.kind = YamlNode::Kind::List;
  node.where = where;
  for (const std::string& part : split(text, ',')) node.items.push_back(scalar(part, where));
  return node;
}

YamlNode moved_to(YamlNode node, const Where& where) {
  node.where = where;
  for (YamlNode& item : node.items) item.where = where;
  return node;
}

/// The keys of what a probe sends, or proves who it is by.
bool may_be_secret(std::string_view key) {
  return key == "headers" || key == "body" || key == "secret_key" || key == "password";
}

YamlNode broken(const YamlNode& node) {
  YamlNode copy = node;
  copy.broken = true;
  return copy;
}

std::vector<std::string> names_of(const std::vector<Variable>& variables) {
  std::vector<std::string> names;
  for (const Variable& variable : variables) names.push_back(variable.name);
  return names;
}

}  // namespace

const Schema& variable_fields() {
  static const Schema fields = {
      {.name = "type",
       .type = Type::Choice,
       .help = "what it is",
       .required = true,
       .choices = {"text",
                   "name",
                   "flag",
                   "integer",
                   "number",
                   "duration",
                   "ratio",
                   "rate",
                   "bandwidth",
                   "size",
                   "choice",
                   "argv",
                   "text_list",
                   "name_list"}},
      {.name = "choices", .type = Type::TextList, .help = "for type: choice"},
      {.name = "help", .type = Type::Text, .help = "what it is for, shown by `muster plan`"}};
  return fields;
}

Variables::Variables(const YamlEntry* section,
                     const std::map<std::string, std::string>& set,
                     Reading& reading)
    : reading_(reading) {
  if (section != nullptr && expect_map(section->value, {"'vars'", section->where}, reading_)) {
    for (const YamlEntry& entry : section->value.entries) read(entry, set);
  }
  for (const auto& [name, value] : set) {
    if (find(name) != nullptr) continue;
    reading_.report({fmt::format("--set {}={}", name, value), 0, 0},
                    fmt::format("the playbook has no variable '{}'", name),
                    suggestion(name, names_of(all_)));
  }
}

void Variables::read(const YamlEntry& entry, const std::map<std::string, std::string>& set) {
  expect_name(entry, "under 'vars'", reading_);
  const Owner owner{fmt::format("variable '{}'", entry.key), entry.where};
  Variable& variable = all_.emplace_back();
  variable.name = entry.key;
  variable.where = entry.where;
  if (entry.value.is_scalar()) {
    reading_.report(entry.value.where,
                    fmt::format("{} needs a type and a default", owner.text),
                    fmt::format("write {{type: text, default: {}}}", entry.value.text));
    return;
  }
  const Params params =
      read_fields(variable_fields(), entry.value, owner, {}, reading_, {"default"});
  if (!params.has("type")) return;
  variable.type = *type_named(params.text("type"));
  if (params.has("help")) variable.help = params.text("help");

  const YamlEntry* fallback = entry.value.find("default");
  const auto override = set.find(variable.name);
  YamlEntry value{override == set.end() ? "default" : "value", entry.where, {}};
  if (override != set.end()) {
    value.value = given(variable.type,
                        override->second,
                        {fmt::format("--set {}={}", override->first, override->second), 0, 0});
  } else if (fallback != nullptr) {
    value = *fallback;
  } else {
    reading_.report(entry.where,
                    fmt::format("{} has no value", owner.text),
                    fmt::format("write 'default:', or give --set {}=...", variable.name));
    return;
  }
  const std::vector<std::string> choices = params.list("choices");
  Field field{
      .name = value.key, .type = variable.type, .help = "what it is unless --set says otherwise"};
  field.choices.assign(choices.begin(), choices.end());
  YamlNode holder;
  holder.kind = YamlNode::Kind::Map;
  holder.entries.push_back(value);
  const std::size_t before = reading_.count();
  const Params read = read_fields({field}, holder, owner, {}, reading_);
  if (reading_.count() != before || !read.has(value.key)) return;
  variable.value = at(read.values(), value.key);
  choices_[variable.name] = choices;
  written_[variable.name] = value.value;
}

const Variable* Variables::find(std::string_view name) const {
  const auto found = std::find_if(
      all_.begin(), all_.end(), [&](const Variable& each) { return each.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

YamlNode Variables::fill(const YamlNode& node) const {
  return fill_below(node, false);
}

YamlNode Variables::fill_below(const YamlNode& node, bool secrets) const {
  if (node.is_scalar()) return fill_scalar(node, secrets);
  YamlNode filled = node;
  for (YamlNode& item : filled.items) item = fill_below(item, secrets);
  for (YamlEntry& entry : filled.entries) {
    const bool sent = secrets || may_be_secret(entry.key);
    if (entry.key != "when") entry.value = fill_below(entry.value, sent);
  }
  return filled;
}

bool Variables::accepts_secret(std::string_view name, const YamlNode& node, bool secrets) const {
  const std::string complaint =
      secrets
          ? secret_complaint(name)
          : "a secret may stand only in the headers or the body of what a probe sends, and as its "
            "secret_key or password";
  if (!complaint.empty()) reading_.report(node.where, complaint);
  return complaint.empty();
}

/// The variable `name`, written at `offset` in the text of `node`; reports it if there is none.
const Variable* Variables::look_up(std::string_view name,
                                   const YamlNode& node,
                                   std::size_t offset,
                                   std::size_t width) const {
  if (const Variable* variable = find(name)) return variable;
  Where where = node.where;
  if (where.known() && node.text.find('\n') == std::string::npos) {
    where.column += static_cast<int>(offset) + (node.quoted ? 1 : 0);
    reading_.measure(where, static_cast<int>(width));
  }
  const std::vector<std::string> names = names_of(all_);
  reading_.report(where,
                  fmt::format("there is no variable '{}'", name),
                  names.empty() ? "the playbook has no 'vars'; write $${ for a plain ${"
                                : suggestion(name, names));
  return nullptr;
}

YamlNode Variables::fill_scalar(const YamlNode& node, bool secrets) const {
  const std::string& text = node.text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = text.find("${", at);
    out += text.substr(at, start - at);
    if (start == std::string::npos) break;
    if (start > 0 && text[start - 1] == '$') {
      out += '{';  // its first '$' is there already
      at = start + 2;
      continue;
    }
    const std::size_t end = text.find('}', start);
    if (end == std::string::npos) {
      reading_.report(node.where, "'${' is not closed", "write ${name}, or $${ for a plain ${");
      return broken(node);
    }
    const std::string name = text.substr(start + 2, end - start - 2);
    if (is_secret_reference(name)) {
      if (!accepts_secret(name, node, secrets)) return broken(node);
      out += text.substr(start, end + 1 - start);
      at = end + 1;
      continue;
    }
    const Variable* variable = look_up(name, node, start, end + 1 - start);
    const auto written = written_.find(name);
    if (variable == nullptr || written == written_.end()) return broken(node);
    if (start == 0 && end + 1 == text.size()) return moved_to(written->second, node.where);
    if (!written->second.is_scalar()) {
      reading_.report(node.where,
                      fmt::format("'{}' is a list and cannot be a part of a text", name));
      return broken(node);
    }
    out += written->second.text;
    at = end + 1;
  }
  YamlNode filled = node;
  filled.text = std::move(out);
  return filled;
}

bool Variables::holds(const YamlNode& when) const {
  const std::string& text = when.text;
  const std::size_t end = text.find('}');
  if (!when.is_scalar() || !text.starts_with("${") || end == std::string::npos) {
    reading_.report(when.where,
                    fmt::format("'when' must be a condition on a variable, not {}", when.shown()),
                    "write ${flag}, ${name} == value or ${name} != value");
    return true;
  }
  const std::string name = text.substr(2, end - 2);
  const Variable* variable = look_up(name, when, 0, end + 1);
  if (variable == nullptr || !written_.contains(name)) return true;
  const std::string_view rest = trim(std::string_view(text).substr(end + 1));
  if (rest.empty()) {
    if (variable->type == Type::Flag) return variable->value.get_bool();
    reading_.report(
        when.where,
        fmt::format("'{}' is {}, not a flag", name, expected(variable->type)),
        fmt::format(
            "compare it: ${{{}}} == {}", name, write_value(variable->type, variable->value)));
    return true;
  }
  const bool equal = rest.starts_with("==");
  const std::string_view other = trim(rest.substr(std::min<std::size_t>(2, rest.size())));
  if ((!equal && !rest.starts_with("!=")) || other.empty()) {
    reading_.report(when.where,
                    fmt::format("'when' knows only == and !=, not '{}'", rest),
                    "write ${flag}, ${name} == value or ${name} != value");
    return true;
  }
  const auto value =
      is_scalar_type(variable->type) ? parse_value(variable->type, other) : std::nullopt;
  if (!value) {
    reading_.report(
        when.where,
        fmt::format(
            "'{}' is {}; it cannot be compared with '{}'", name, expected(variable->type), other),
        value_hint(variable->type, other));
    return true;
  }
  const std::vector<std::string>& choices = choices_.find(name)->second;
  if (variable->type == Type::Choice &&
      std::find(choices.begin(), choices.end(), other) == choices.end()) {
    reading_.report(
        when.where, fmt::format("'{}' is never '{}'", name, other), suggestion(other, choices));
  }
  return (*value == variable->value) == equal;
}

}  // namespace muster
