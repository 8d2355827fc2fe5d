#pragma once

#include "base/json.h"

namespace muster {

/// JSON Schema of muster.yaml, for editors.
json::object settings_json_schema();

}  // namespace muster
