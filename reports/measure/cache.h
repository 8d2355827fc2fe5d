#pragma once

#include <vector>

#include "reports/measure/metrics.h"
#include "reports/measure/timeline.h"

namespace muster {

/// hit_ratio, stale_ratio and cache_age_max of cdn probes; overall the worst vantage.
std::vector<Result::Metric> cache_metrics(const Timeline& timeline);

}  // namespace muster
