#include "drills/reach_reader.h"

#include <algorithm>
#include <filesystem>
#include <regex>

#include <fmt/format.h>

#include "drills/stack_tables.h"

namespace muster {

namespace {

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const StackKind& kind : reach_kinds()) names.emplace_back(kind.name);
  return names;
}

/// Targets and settings become words of an argv: never an option, never two words.
bool is_plain_word(const std::string& text) {
  return !text.empty() && !text.starts_with('-') &&
         text.find_first_of(" \t\n\"'\\;$`|&<>%") == std::string::npos;
}

/// ssh expands and its remote side interprets much: nothing but names and addresses gets there.
bool is_login(const std::string& text) {
  static const std::regex pattern(
      "([A-Za-z_][A-Za-z0-9._-]{0,63}@)?[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}");
  return std::regex_match(text, pattern);
}

/// As docker and podman name and number them.
bool is_container(const std::string& text) {
  static const std::regex pattern("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
  return std::regex_match(text, pattern);
}

std::string read_target(const YamlEntry& entry,
                        Reach::Kind kind,
                        const Owner& owner,
                        Reading& reading) {
  if (kind == Reach::Kind::Local) {
    reading.report(entry.where,
                   fmt::format("'local' of {} takes no target", owner.text),
                   "write  reach: local");
    return {};
  }
  const std::string& target = entry.value.text;
  if (!entry.value.is_scalar() || !is_plain_word(target)) {
    reading.report(entry.value.where,
                   fmt::format("'{}' of {} must be one plain word, not {}",
                               entry.key,
                               owner.text,
                               entry.value.shown()));
  } else if (kind == Reach::Kind::Ssh && !is_login(target)) {
    reading.report(
        entry.value.where,
        fmt::format("'ssh' of {} must be user@host, not {}", owner.text, entry.value.shown()),
        "letters, digits, dots, dashes and underscores; a port stands beside it: port: 2222");
  } else if (kind == Reach::Kind::Docker && !is_container(target)) {
    reading.report(entry.value.where,
                   fmt::format("'docker' of {} must be the name or id of a container, not {}",
                               owner.text,
                               entry.value.shown()));
  }
  return target;
}

/// A file of the user's home is left to ssh, which knows it.
std::string beside(const std::string& stack_file, const std::string& path) {
  if (path.starts_with('/') || path.starts_with("~/")) return path;
  return std::filesystem::absolute(std::filesystem::path(stack_file).parent_path() / path)
      .lexically_normal()
      .string();
}

Params read_settings(const StackKind& kind,
                     const YamlNode& node,
                     const Owner& owner,
                     const std::string& stack_file,
                     Reading& reading) {
  const Owner of_reach{fmt::format("'reach' of {}", owner.text), owner.where};
  const Params params =
      read_fields(kind.fields, node, of_reach, {}, reading, {std::string(kind.name)});
  json::object values = params.values();
  for (const std::string_view key : {"identity", "known_hosts", "config", "guard", "user"}) {
    if (!params.has(key)) continue;
    const std::string path = params.text(key);
    const bool on_the_host = key == "guard";
    if (key == "user") {
      if (!is_plain_word(path))
        reading.report(params.place(key), "'user' must be one plain word: a name, or UID:GID");
      continue;
    }
    if (!is_plain_word(path) || (on_the_host && !path.starts_with('/'))) {
      reading.report(params.place(key),
                     fmt::format("'{}' of {} must be {}, not '{}'",
                                 key,
                                 of_reach.text,
                                 on_the_host ? "a whole path on that host" : "the path of a file",
                                 path),
                     "without blanks and quotes");
    }
    if (!on_the_host) values[key] = beside(stack_file, path);
  }
  return Params(std::move(values));
}

/// The entry of a map that says how; nullptr where none or more than one does.
const YamlEntry* kind_entry(const YamlNode& node, const std::vector<std::string>& kinds) {
  const YamlEntry* chosen = nullptr;
  for (const YamlEntry& entry : node.entries) {
    if (std::find(kinds.begin(), kinds.end(), entry.key) == kinds.end()) continue;
    if (chosen != nullptr) return nullptr;
    chosen = &entry;
  }
  if (chosen == nullptr && node.entries.size() == 1) return &node.entries.front();
  return chosen;
}

}  // namespace

Reach read_reach(const YamlEntry& entry,
                 const Owner& owner,
                 const std::string& stack_file,
                 Reading& reading) {
  const YamlNode& node = entry.value;
  const std::vector<std::string> kinds = kind_names();
  const YamlEntry* const written = node.is_map() ? kind_entry(node, kinds) : nullptr;
  if (written == nullptr && !node.is_scalar()) {
    reading.report(entry.where,
                   fmt::format("'reach' of {} must be local or one of {{{}: ...}}",
                               owner.text,
                               one_of({kinds.begin() + 1, kinds.end()})));
    return {};
  }
  const std::string& word = node.is_scalar() ? node.text : written->key;
  const auto found = std::find(kinds.begin(), kinds.end(), word);
  if (found == kinds.end()) {
    reading.report(node.is_scalar() ? node.where : written->where,
                   fmt::format("{} cannot be reached by '{}'", owner.text, word),
                   suggestion(word, kinds));
    return {};
  }
  Reach reach;
  reach.kind = static_cast<Reach::Kind>(found - kinds.begin());
  if (reach.kind == Reach::Kind::Local && node.is_scalar()) return reach;
  if (node.is_scalar()) {
    reading.report(node.where,
                   fmt::format("'reach: {}' of {} needs a target", word, owner.text),
                   fmt::format("write  reach: {{{}: TARGET}}", word));
    return reach;
  }
  reach.target = read_target(*written, reach.kind, owner, reading);
  const StackKind& kind = reach_kinds().at(static_cast<std::size_t>(found - kinds.begin()));
  reach.settings = read_settings(kind, node, owner, stack_file, reading);
  return reach;
}

}  // namespace muster
