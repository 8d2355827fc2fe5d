#pragma once

#include <string>

#include "reports/result.h"

namespace muster {

/// The line by which a job on GitHub shows the headline of a run beside its steps, with its end of
/// line; "" for a run that passed.
std::string github_annotation(const Result& result);

}  // namespace muster
