#include "drills/header.h"

#include <array>

#include <fmt/format.h>

#include "drills/values.h"

namespace muster {

namespace {

struct FileKind {
  std::string_view key;
  std::string_view noun;
};

constexpr std::array<FileKind, 5> kFileKinds = {{{"muster", "playbook"},
                                                 {"muster_stack", "stack"},
                                                 {"muster_fragment", "fragment"},
                                                 {"muster_server", "settings file"},
                                                 {"muster_gate", "gate policy"}}};

}  // namespace

bool expect_header(const YamlNode& root,
                   std::string_view key,
                   std::string_view noun,
                   Reading& reading) {
  if (!root.is_map() || root.entries.empty()) {
    reading.report(root.where,
                   fmt::format("a {} is a map of keys, not {}", noun, root.shown()),
                   fmt::format("begin with '{}: 1'", key));
    return false;
  }
  const YamlEntry& first = root.entries.front();
  if (first.key == key) {
    if (first.value.text == "1") return true;
    reading.report(first.value.where,
                   fmt::format("this muster reads '{}: 1', not {}", key, first.value.shown()));
    return false;
  }
  for (const FileKind& kind : kFileKinds) {
    if (first.key == kind.key) {
      reading.report(first.where,
                     fmt::format("this is a {}, but a {} is needed here", kind.noun, noun));
      return false;
    }
  }
  const bool later = root.find(key) != nullptr;
  reading.report(later ? root.find(key)->where : first.where,
                 fmt::format("a {} begins with '{}: 1'", noun, key),
                 later ? "move this line to the top" : "add it as the first line");
  return false;
}

void expect_name(const YamlEntry& entry, const std::string& place, Reading& reading) {
  if (is_name(entry.key)) return;
  reading.report(entry.where,
                 fmt::format("'{}' {} is not {}", entry.key, place, expected(Type::Name)),
                 value_hint(Type::Name, entry.key));
}

}  // namespace muster
