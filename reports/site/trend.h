#pragma once

#include <string>

#include "reports/site/views.h"

namespace muster {

/// The last runs of a drill as a small picture, oldest first: a column each, as high as its main
/// number; one that did not pass has a cross on it, one that measured nothing is a ring on the
/// floor; dotted: the budget. "" where there is no run.
std::string trend_strip(const DrillTrend& trend);

/// "▼ worse: failover 5.40 s → 8.53 s", as markup; "" where nothing is known.
std::string trend_words(const DrillTrend& trend);

}  // namespace muster
