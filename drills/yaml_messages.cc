#include "drills/yaml_messages.h"

#include <array>

#include <fmt/format.h>

namespace muster {

namespace {

struct Translation {
  std::string_view theirs;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kIndentation =
    "check the indentation of this line and of the line above";

constexpr std::array<Translation, 8> kTranslations = {{
    {"end of map not found", "this does not fit the keys above it", kIndentation},
    {"end of sequence not found", "this does not fit the list above it", kIndentation},
    {"illegal map key", "a '?' cannot stand here", "quote a text that begins with '?'"},
    {"illegal block entry",
     "a list item ('- ') cannot begin here",
     "begin the list on the next line"},
    {"illegal flow end", "this closes nothing that is open", {}},
    {"illegal EOF in scalar", "the file ends inside a quoted text", {}},
    {"unknown token", "a text cannot begin with this character", "quote it"},
    {"the referenced anchor is not defined",
     "aliases (*name) are not read",
     "quote a text that begins with '*'"},
}};

}  // namespace

Diagnostic explain_yaml_error(std::string_view message,
                              const Where& where,
                              const Source& source,
                              const std::optional<OpenBracket>& innermost) {
  const std::string_view line = source.line(where.line);
  const std::string_view indent = line.substr(0, line.find_first_not_of(" \t"));
  if (const std::size_t tab = indent.find('\t'); tab != std::string_view::npos) {
    const Where at{where.file, where.line, static_cast<int>(tab) + 1};
    return {at, "a tab in the indentation", "indent with blanks"};
  }
  if (message.ends_with("flow not found") && innermost) {
    return {where,
            fmt::format("a ',' is missing here, or the '{}' in line {} is not closed",
                        innermost->list ? '[' : '{',
                        innermost->where.line),
            innermost->list ? "write [a, b]" : "write {key: value, key: value}"};
  }
  if (message == "illegal map value") {
    const bool second = line.substr(0, static_cast<std::size_t>(where.column) - 1).find(": ") !=
                        std::string_view::npos;
    return {where,
            "a ':' cannot stand here",
            second ? "quote a text that holds ': '" : std::string(kIndentation)};
  }
  for (const Translation& each : kTranslations) {
    if (message == each.theirs) return {where, std::string(each.message), std::string(each.hint)};
  }
  return {where, fmt::format("this is not YAML: {}", message), {}};
}

}  // namespace muster
