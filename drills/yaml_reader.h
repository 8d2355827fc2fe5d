#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "drills/reading.h"

namespace muster {

struct YamlEntry;

/// A value in a YAML file, with its place. Scalars stay text: what `010` or `no` means is decided
/// by the schema of the key, never guessed from the letters.
struct YamlNode {
  enum class Kind { Nothing, Scalar, List, Map };

  Kind kind = Kind::Nothing;
  Where where;       ///< of a value that is not written: its key's
  std::string text;  ///< of a scalar
  bool quoted = false;
  bool broken = false;             ///< its mistake is reported already; say no more
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map, in the order written, each key once

  bool is_scalar() const { return kind == Kind::Scalar; }
  bool is_list() const { return kind == Kind::List; }
  bool is_map() const { return kind == Kind::Map; }
  bool is_nothing() const { return kind == Kind::Nothing; }
  /// nullptr where there is no such key.
  const YamlEntry* find(std::string_view key) const;
  /// For messages: "'5'", "a list", "a map", "nothing".
  std::string shown() const;
};

struct YamlEntry {
  std::string key;
  Where where;
  YamlNode value;
};

inline constexpr std::size_t kYamlBytes = std::size_t{256} * 1024;
inline constexpr std::size_t kYamlDepth = 32;
inline constexpr std::size_t kYamlNodes = 20'000;
inline constexpr std::size_t kYamlKeys = 1'000;

/// Reads exactly one document, whole: aliases, anchors, merge keys, tags, duplicate keys, a second
/// document, broken UTF-8 and anything beyond the limits above are reported. Nothing where the text
/// is no YAML.
std::optional<YamlNode> read_yaml(const Source& source, Reading& reading);

}  // namespace muster
