#include "reports/measure/gauges.h"

#include <algorithm>

namespace muster {

namespace {

constexpr int kNxDomain = 3;  // the status of a dns probe's answer

/// What the values of a stretch of time came to.
struct Values {
  std::size_t count = 0;
  double sum = 0;
  double least = 0;
  double most = 0;

  void add(double value) {
    least = count == 0 ? value : std::min(least, value);
    most = count == 0 ? value : std::max(most, value);
    sum += value;
    ++count;
  }
  std::optional<double> mean() const {
    return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
  }
};

Values values_due(const SampleSeries& series, Time from, Time to) {
  Values values;
  for (const Sample& sample : series.samples) {
    const bool due = sample.due >= from && sample.due < to;
    if (due && sample.kind == SampleKind::Gauge && !failed(sample)) values.add(sample.value);
  }
  return values;
}

Result::Metric number(std::string id, std::string name, const MetricScope& scope) {
  return make_metric(std::move(id), std::move(name), "number", scope, std::nullopt);
}

/// The most while the fault was in force, over the mean before it.
Result::Metric factor_of(const Timeline& timeline,
                         const SampleSeries& series,
                         const MetricScope& scope) {
  Result::Metric factor = number("value_factor", "Most under the fault, of the mean before", scope);
  if (!timeline.fault_from) {
    factor.reason = "no fault came";
    return factor;
  }
  const auto before = values_due(series, Time::min(), *timeline.fault_from).mean();
  const Values under = values_due(series, *timeline.fault_from, timeline.fault_end());
  if (!before || *before <= 0) {
    factor.reason =
        before ? "the mean before the fault is not above 0" : "there was no value before the fault";
  } else if (under.count == 0) {
    factor.reason = "there was no value under the fault";
  } else {
    factor.value = under.most / *before;
  }
  return factor;
}

std::vector<Result::Metric> values_of(const Timeline& timeline,
                                      const SampleSeries& series,
                                      const MetricScope& scope) {
  Result::Metric least = number("value_min", "Least value", scope);
  Result::Metric most = number("value_max", "Greatest value", scope);
  least.better = "higher";
  const Values all = values_due(series, timeline.judged_from(), Time::max());
  if (all.count > 0) {
    least.value = all.least;
    most.value = all.most;
  } else {
    least.reason = most.reason = "no look gave a value";
  }
  return {least, most, factor_of(timeline, series, scope)};
}

/// The first look under the fault that found the alert firing.
Result::Metric alert_of(const Timeline& timeline,
                        const SampleSeries& series,
                        const MetricScope& scope) {
  Result::Metric metric = span_metric("time_to_alert", "Time until the alert fired", scope, {});
  if (!timeline.injection) {
    metric.reason = "no fault came";
    return metric;
  }
  Edge edge{Edge::State::Absent, {}};
  edge.instant.lo = edge.instant.at = edge.instant.hi = *timeline.fault_from;
  bool fired_before = false;
  for (const Sample& look : series.samples) {
    if (look.kind != SampleKind::Signal || failed(look)) continue;
    const bool fires = timeline.record.texts.at(look.text) == "firing";
    if (look.done < *timeline.fault_from) fired_before = fires;
    if (look.done < *timeline.fault_from || look.due >= timeline.fault_end()) continue;
    edge.state = fires ? Edge::State::Seen : Edge::State::NotSeen;
    edge.instant.at = edge.instant.hi = look.done;
    if (fires) break;
    edge.instant.lo = std::max(edge.instant.lo, sent_or_due(look));
  }
  if (fired_before) {
    metric.reason = "it fired before the fault already";
  } else if (edge.state == Edge::State::Absent) {
    metric.reason = "no look under the fault was answered";
  } else {
    const Span span = span_between(*timeline.injection, edge, Duration::zero(), Duration::zero());
    metric = span_metric("time_to_alert", metric.name, scope, span);
  }
  return metric;
}

/// The fewest days seen, and why the last look that failed did.
Result::Metric certificate_of(const Timeline& timeline,
                              const SampleSeries& series,
                              const MetricScope& scope) {
  Result::Metric days = number("certificate_days_min", "Days until the certificate ends", scope);
  days.better = "higher";
  for (const Sample& look : series.samples) {
    if (look.kind != SampleKind::Request || look.due < timeline.judged_from()) continue;
    if (look.outcome == Outcome::Tls) days.reason = timeline.record.texts.at(look.text);
    const bool has_certificate = look.status != 0;
    if (has_certificate) days.value = std::min(days.value.value_or(look.value), look.value);
  }
  if (!days.value && days.reason.empty()) days.reason = "no server showed a certificate";
  return days;
}

/// Of the questions that were sent.
Result::Metric nxdomain_of(const Timeline& timeline,
                           const SampleSeries& series,
                           const MetricScope& scope) {
  std::size_t asked = 0;
  std::size_t denied = 0;
  for (const Sample& look : series.samples) {
    if (look.kind != SampleKind::Signal || look.due < timeline.judged_from()) continue;
    asked += look.outcome != Outcome::NotSent ? 1 : 0;
    denied += look.outcome == Outcome::Dns && look.status == kNxDomain ? 1 : 0;
  }
  Result::Metric metric =
      make_metric("nxdomain_ratio", "Answers that there is no such name", "ratio", scope, {});
  if (asked > 0) metric.value = static_cast<double>(denied) / static_cast<double>(asked);
  return metric;
}

std::vector<Result::Metric> metrics_of(const Timeline& timeline,
                                       const ProbeSpec& probe,
                                       const SampleSeries& series) {
  const MetricScope scope{probe.name, series.vantage, ""};
  if (probe.kind == "tls") return {certificate_of(timeline, series, scope)};
  if (probe.kind == "dns") return {nxdomain_of(timeline, series, scope)};
  if (probe.params.has("alert")) return {alert_of(timeline, series, scope)};
  return values_of(timeline, series, scope);
}

bool tells_values(const ProbeSpec& probe) {
  return probe.kind == "prometheus_query" || probe.kind == "tls" || probe.kind == "dns";
}

}  // namespace

std::vector<Result::Metric> gauge_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  for (const ProbeSpec& probe : timeline.record.playbook.probes) {
    if (!tells_values(probe)) continue;
    std::vector<Result::Metric> own;
    for (const SampleSeries& series : timeline.record.series) {
      if (series.probe != probe.name) continue;
      for (Result::Metric& metric : metrics_of(timeline, probe, series))
        own.push_back(std::move(metric));
    }
    for (Result::Metric& metric : worst_of(own)) metrics.push_back(std::move(metric));
    metrics.insert(metrics.end(), own.begin(), own.end());
  }
  return metrics;
}

}  // namespace muster
