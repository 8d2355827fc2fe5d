#pragma once

#include <string>

#include "drills/yaml_reader.h"

namespace muster {

/// The playbook with what its `include:` files hold put in: entries of maps are joined, lists are
/// joined with the fragments' items first. A name that is written twice is reported with both
/// places.
YamlNode with_fragments(YamlNode root, const std::string& file, Reading& reading);

}  // namespace muster
