#include "drills/fragments.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "drills/header.h"
#include "drills/playbook_tables.h"

namespace muster {

namespace {

const PlaybookSection* section_named(std::string_view name) {
  const std::vector<PlaybookSection>& all = playbook_sections();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const PlaybookSection& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> fragment_sections() {
  std::vector<std::string> names;
  for (const PlaybookSection& section : playbook_sections()) {
    if (section.in_fragments) names.emplace_back(section.name);
  }
  return names;
}

/// Joins one section of a fragment into the same section of the playbook.
void join_section(YamlNode& into, const YamlEntry& section, Reading& reading) {
  const auto own = std::find_if(into.entries.begin(),
                                into.entries.end(),
                                [&](const YamlEntry& each) { return each.key == section.key; });
  if (own == into.entries.end()) {
    into.entries.push_back(section);
    return;
  }
  YamlNode& target = own->value;
  if (target.kind != section.value.kind) return;  // one of them is wrong, and its reader says so
  target.items.insert(target.items.begin(), section.value.items.begin(), section.value.items.end());
  for (const YamlEntry& entry : section.value.entries) {
    const YamlEntry* earlier = target.find(entry.key);
    if (earlier == nullptr) {
      target.entries.push_back(entry);
    } else {
      reading.report(entry.where,
                     fmt::format("'{}' under '{}' is defined at {} too",
                                 entry.key,
                                 section.key,
                                 earlier->where.text()),
                     "rename one of them");
    }
  }
}

void join_fragment(YamlNode& into,
                   const std::string& file,
                   const Where& asked_by,
                   Reading& reading) {
  const Source* source = reading.open(file, asked_by);
  if (source == nullptr) return;
  const std::optional<YamlNode> root = read_yaml(*source, reading);
  if (!root || !expect_header(*root, "muster_fragment", "fragment", reading)) return;
  for (const YamlEntry& entry : root->entries) {
    const PlaybookSection* section = section_named(entry.key);
    if (entry.key == "muster_fragment") continue;
    if (section != nullptr && section->in_fragments) {
      join_section(into, entry, reading);
    } else if (section != nullptr || entry.key == "include") {
      reading.report(entry.where,
                     fmt::format("'{}' cannot stand in a fragment", entry.key),
                     "move it to the playbook");
    } else {
      reading.report(entry.where,
                     fmt::format("unknown key '{}' in a fragment", entry.key),
                     suggestion(entry.key, fragment_sections()));
    }
  }
}

}  // namespace

YamlNode with_fragments(YamlNode root, const std::string& file, Reading& reading) {
  const YamlEntry* include = root.find("include");
  if (include == nullptr) return root;
  std::vector<YamlNode> names = include->value.items;
  if (include->value.is_scalar()) names.push_back(include->value);
  std::set<std::string> seen;
  for (const YamlNode& name : names) {
    const std::filesystem::path path(name.text);
    if (!name.is_scalar() || path.empty()) continue;  // the table of keys reports it
    if (path.is_absolute()) {
      reading.report(
          name.where, "an included file is named relative to the playbook", "begin with ./ or ../");
    } else if (!seen.insert(path.lexically_normal().string()).second) {
      reading.report(name.where, fmt::format("'{}' is included twice", name.text));
    } else {
      const auto full = std::filesystem::path(file).parent_path() / path;
      join_fragment(root, full.lexically_normal().string(), name.where, reading);
    }
  }
  return root;
}

}  // namespace muster
