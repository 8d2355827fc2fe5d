#include "reports/measure/cache.h"

#include <algorithm>

#include "probes/cache_status.h"

namespace muster {

namespace {

/// What one edge's cache said of the answers due from the fault on.
struct CacheTally {
  std::size_t answers = 0;
  std::size_t told = 0;  ///< of those, what the cache did
  std::size_t hits = 0;
  std::size_t stale = 0;
  std::optional<double> oldest;  ///< seconds

  void add(const Sample& sample) {
    if (sample.kind == SampleKind::Gauge && sample.text == 0 && !failed(sample))
      oldest = std::max(oldest.value_or(0), sample.value);
    if (sample.kind != SampleKind::Request || sample.status == 0) return;
    const auto status = static_cast<CacheStatus>(static_cast<int>(sample.value));
    ++answers;
    told += status != CacheStatus::NotTold ? 1 : 0;
    hits += from_cache(status) ? 1 : 0;
    stale += is_stale(status) ? 1 : 0;
  }
};

CacheTally tally_of(const Timeline& timeline, const SampleSeries& series) {
  CacheTally tally;
  for (const Sample& sample : series.samples)
    if (sample.due >= timeline.judged_from()) tally.add(sample);
  return tally;
}

Result::Metric share(std::string id,
                     std::string name,
                     const MetricScope& scope,
                     const CacheTally& tally,
                     std::size_t of) {
  Result::Metric metric = make_metric(std::move(id), std::move(name), "ratio", scope, std::nullopt);
  if (tally.told == 0) {
    metric.reason = "no answer said what the cache did; see 'cache_header'";
  } else {
    metric.value = static_cast<double>(of) / static_cast<double>(tally.answers);
  }
  return metric;
}

std::vector<Result::Metric> metrics_of(const CacheTally& tally, const MetricScope& scope) {
  Result::Metric hits = share("hit_ratio", "Answers from the cache", scope, tally, tally.hits);
  hits.better = "higher";
  Result::Metric age =
      make_metric("cache_age_max", "Oldest answer of the cache", "s", scope, tally.oldest);
  if (!age.value) age.reason = "no answer said its age";
  return {hits, share("stale_ratio", "Stale answers", scope, tally, tally.stale), age};
}

}  // namespace

std::vector<Result::Metric> cache_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  for (const ProbeSpec& probe : timeline.record.playbook.probes) {
    if (probe.kind != "cdn") continue;
    std::vector<Result::Metric> own;
    for (const SampleSeries& series : timeline.record.series) {
      if (series.probe != probe.name) continue;
      const CacheTally tally = tally_of(timeline, series);
      for (Result::Metric& metric : metrics_of(tally, {probe.name, series.vantage, ""}))
        own.push_back(std::move(metric));
    }
    for (Result::Metric& metric : worst_of(own)) metrics.push_back(std::move(metric));
    metrics.insert(metrics.end(), own.begin(), own.end());
  }
  return metrics;
}

}  // namespace muster
