#pragma once

#include <string>

#include "reports/result.h"

namespace muster {

/// report.html: one self-contained file without script. It reads with all styles blocked too (CI
/// viewers do that): pictures carry their light colours as attributes, style.css only rethemes
/// them.
std::string render_html(const Result& result);

}  // namespace muster
