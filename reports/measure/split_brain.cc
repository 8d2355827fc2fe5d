#include "reports/measure/split_brain.h"

#include <algorithm>

#include "reports/measure/replication.h"

namespace muster {

namespace {

struct Interval {
  Time from, to;
};
using Intervals = std::vector<Interval>;

/// When servers were primary, by the three measures.
struct Reigns {
  Intervals sure, quoted, possible;
};

/// Adds the rows of answers in which one server said that it is the primary.
void add_reigns(const Timeline& timeline, const SampleSeries& series, Reigns& reigns) {
  const Duration bound = clock_bound_of(timeline.record, series.vantage);
  std::vector<const Sample*> looks;
  for (const Sample& sample : series.samples)
    if (sample.kind == SampleKind::Gauge) looks.push_back(&sample);
  std::ranges::stable_sort(looks, {}, [](const Sample* look) { return look->done; });
  const auto is_primary = [&](const Sample* look) {
    return !failed(*look) && role_of(*look, timeline.record.texts) == Role::Primary;
  };
  for (auto first = looks.begin(); first != looks.end();) {
    first = std::find_if(first, looks.end(), is_primary);
    if (first == looks.end()) return;
    const auto after = std::find_if_not(first, looks.end(), is_primary);
    const Sample& last = **(after - 1);
    const Time before = first == looks.begin() ? (*first)->sent : sent_or_due(**(first - 1));
    const Time until = after == looks.end() ? last.done : (*after)->done;
    reigns.sure.push_back({(*first)->done + bound, last.sent - bound});
    reigns.quoted.push_back({(*first)->done, last.done});
    reigns.possible.push_back({before - bound, until + bound});
    first = after;
  }
}

/// The time, from `from` on, in which at least two of the intervals hold.
double seconds_of_two(const Intervals& intervals, Time from) {
  std::vector<std::pair<Time, int>> turns;
  for (const Interval& each : intervals) {
    if (each.to <= std::max(each.from, from)) continue;
    turns.emplace_back(std::max(each.from, from), 1);
    turns.emplace_back(each.to, -1);
  }
  std::ranges::sort(turns);
  Duration sum{};
  int primaries = 0;
  Time since;
  for (const auto& [at, step] : turns) {
    if (primaries >= 2) sum += at - since;
    since = at;
    primaries += step;
  }
  return rounded_seconds(sum);
}

}  // namespace

std::vector<Result::Metric> split_brain_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  for (const ProbeSpec& probe : timeline.record.playbook.probes) {
    if (!probe.kind.ends_with("_lag")) continue;
    Reigns reigns;
    std::size_t servers = 0;
    for (const SampleSeries& series : timeline.record.series) {
      if (series.probe != probe.name || std::ranges::all_of(series.samples, failed)) continue;
      ++servers;
      add_reigns(timeline, series, reigns);
    }
    if (servers < 2) continue;
    const Time from = timeline.judged_from();
    Result::Metric metric = make_metric("split_brain_seconds",
                                        "Two primaries at once",
                                        "s",
                                        {probe.name, "", ""},
                                        seconds_of_two(reigns.quoted, from));
    metric.lo = seconds_of_two(reigns.sure, from);
    metric.hi = seconds_of_two(reigns.possible, from);
    metric.interval_method = "resolution";
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace muster
