#pragma once

#include "drills/fields.h"
#include "drills/stack.h"

namespace muster {

/// Reads `reach:` of a host: the word local, or {KIND: TARGET} with the settings of that kind
/// beside it. Files that a setting names lie beside `stack_file` unless their path is absolute.
Reach read_reach(const YamlEntry& entry,
                 const Owner& owner,
                 const std::string& stack_file,
                 Reading& reading);

}  // namespace muster
