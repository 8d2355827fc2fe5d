#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/measure/milestones.h"
#include "reports/result.h"

// docs/metrics.md has the exact definition of each one.
namespace muster {

/// What of the run a metric is about. "" is all of it: the worst vantage, the whole drill (from the
/// first change to the end; from the first request where nothing was injected).
struct MetricScope {
  std::string probe;
  std::string vantage;
  std::string phase;
};

Result::Metric make_metric(std::string id,
                           std::string name,
                           std::string unit,
                           const MetricScope& scope,
                           std::optional<double> value);
/// A metric in seconds whose interval comes from the resolution of the measurement.
Result::Metric span_metric(std::string id,
                           std::string name,
                           const MetricScope& scope,
                           const Span& span);

/// Of the same metric at several vantages the worst one, which is the overall one; a vantage
/// without a value says nothing against another's.
std::vector<Result::Metric> worst_of(const std::vector<Result::Metric>& per_vantage);

/// time_to_impact, _detect, _failover, _recover; overall and per vantage.
std::vector<Result::Metric> milestone_metrics(const Milestones& milestones);

/// failed_requests, error_ratio, unavailable_seconds, longest_gap, what was in flight when the
/// fault came, and the latencies: overall, per vantage, and per vantage and phase.
std::vector<Result::Metric> request_metrics(const Timeline& timeline,
                                            const std::vector<Result::Phase>& phases);

}  // namespace muster
