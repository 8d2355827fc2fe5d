#pragma once

#include <vector>

#include "reports/measure/metrics.h"
#include "reports/measure/timeline.h"

namespace muster {

/// What probes of single values tell: value_min, value_max and value_factor of prometheus_query
/// probes with a query, time_to_alert of those with an alert; certificate_days_min of tls and
/// nxdomain_ratio of dns probes. Overall the worst vantage.
std::vector<Result::Metric> gauge_metrics(const Timeline& timeline);

}  // namespace muster
