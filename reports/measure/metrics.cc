#include "reports/measure/metrics.h"

#include <algorithm>

namespace muster {

namespace {

struct MilestoneName {
  std::string_view milestone, metric, name;
};
constexpr MilestoneName kNames[] = {{"impact", "time_to_impact", "Time to impact"},
                                    {"detect", "time_to_detect", "Time to detect"},
                                    {"failover", "time_to_failover", "Time to fail over"},
                                    {"recover", "time_to_recover", "Time to recover"}};

bool is_worse(const Result::Metric& one, const Result::Metric& other) {
  if (!one.value || !other.value) return one.value.has_value();
  if (one.censored != other.censored) return one.censored;
  return one.better == "higher" ? *one.value < *other.value : *one.value > *other.value;
}

}  // namespace

Result::Metric make_metric(std::string id,
                           std::string name,
                           std::string unit,
                           const MetricScope& scope,
                           std::optional<double> value) {
  Result::Metric metric;
  metric.id = std::move(id);
  metric.name = std::move(name);
  metric.scope_probe = scope.probe;
  metric.scope_vantage = scope.vantage;
  metric.scope_phase = scope.phase;
  metric.unit = std::move(unit);
  metric.value = value;
  return metric;
}

Result::Metric span_metric(std::string id,
                           std::string name,
                           const MetricScope& scope,
                           const Span& span) {
  Result::Metric metric = make_metric(std::move(id), std::move(name), "s", scope, span.value);
  metric.censored = span.censored;
  if (!span.value) return metric;
  metric.lo = span.lo;
  metric.hi = span.hi;
  metric.interval_method = "resolution";
  return metric;
}

std::vector<Result::Metric> worst_of(const std::vector<Result::Metric>& per_vantage) {
  std::vector<Result::Metric> worst;
  for (const Result::Metric& metric : per_vantage) {
    const auto known = std::ranges::find(worst, metric.id, &Result::Metric::id);
    if (known == worst.end()) {
      worst.push_back(metric);
    } else if (is_worse(metric, *known)) {
      *known = metric;
    }
  }
  for (Result::Metric& metric : worst) metric.scope_vantage.clear();
  return worst;
}

std::vector<Result::Metric> milestone_metrics(const Milestones& milestones) {
  std::vector<Result::Metric> metrics;
  for (const MilestoneName& name : kNames) {
    for (const MilestoneSpan& span : milestones.spans) {
      if (span.id != name.milestone) continue;
      // The first sign belongs to the run, whichever signal probe saw it.
      const std::string probe = span.id == "detect" ? "" : span.probe;
      Result::Metric metric = span_metric(std::string(name.metric),
                                          std::string(name.name),
                                          {probe, span.vantage, ""},
                                          span.since_anchor);
      if (span.id == "impact" && !metric.value) metric.reason = "no request failed under the fault";
      metrics.push_back(std::move(metric));
    }
  }
  return metrics;
}

}  // namespace muster
