#pragma once

#include <vector>

#include "base/json.h"
#include "runner/serve/router.h"

namespace muster {

/// The OpenAPI 3.1 document of a table of routes: paths, parameters, bodies, answers, and which
/// scope of a token each needs.
json::object openapi_document(const std::vector<Route>& routes);

}  // namespace muster
