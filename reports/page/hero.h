#pragma once

#include <string>

#include "reports/result.h"

namespace muster {

/// The hero picture and its caption: what users saw, one row per vantage and probe, a red lane of
/// failures over a heatmap of answers, under the phases of the drill and the dimension lines of its
/// milestones. Drawn twice from one set of shapes, for wide and for narrow screens; the narrow one
/// shows only where style.css is allowed to say so. Beyond six rows the worst six are shown and the
/// rest is folded; a long run is folded behind its first look.
std::string hero_section(const Result& result);

}  // namespace muster
