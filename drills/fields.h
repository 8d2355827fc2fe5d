#pragma once

#include <map>
#include <string>
#include <vector>

#include "drills/reading.h"
#include "drills/schema.h"
#include "drills/yaml_reader.h"

namespace muster {

/// The names that a value may refer to. A kind of name that is absent here is not checked: its file
/// was not readable, and one mistake is told once.
struct Names {
  std::map<Refers, std::vector<std::string>> known;
  std::map<Refers, std::vector<std::string>> untouchable;  ///< under `protect:` in the stack
};

/// Whose keys are read, for messages: "fault 'drain_region'", and where that is written.
struct Owner {
  std::string text;
  Where where;
};

/// Reads `node`, a map, by its table: every key known, every value of its type and range, every
/// name known, defaults filled in. All mistakes are reported; a key with one is left out, so the
/// result is whole only if nothing was reported. Keys named in `others` are left to the caller.
Params read_fields(const Schema& schema,
                   const YamlNode& node,
                   const Owner& owner,
                   const Names& names,
                   Reading& reading,
                   const std::vector<std::string>& others = {});

/// Reports each key that is neither in `schema` nor in `others`. Returns the keys that were meant,
/// so that nobody is told of a misspelt key twice, as unknown and as missing.
std::vector<std::string> refuse_unknown_keys(const Schema& schema,
                                             const YamlNode& node,
                                             const Owner& owner,
                                             Reading& reading,
                                             const std::vector<std::string>& others = {});

/// Whether `node` is a map; reports it if not. Nothing at all counts as an empty map.
bool expect_map(const YamlNode& node, const Owner& owner, Reading& reading);

/// Whether the value of `entry` is a list; reports it if not, with how an item begins.
bool expect_list(const YamlEntry& entry, std::string_view hint, Reading& reading);

/// "region", "host", ...
std::string_view noun_of(Refers refers);

}  // namespace muster
