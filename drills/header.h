#pragma once

#include <string>
#include <string_view>

#include "drills/reading.h"
#include "drills/yaml_reader.h"

namespace muster {

/// Whether the document is a map that begins with `key: 1`; reports it if not. `noun` is what the
/// file should be.
bool expect_header(const YamlNode& root,
                   std::string_view key,
                   std::string_view noun,
                   Reading& reading);

/// Reports a key that cannot be the name of something.
void expect_name(const YamlEntry& entry, const std::string& place, Reading& reading);

}  // namespace muster
