#include "reports/history/earlier.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/playbook.h"
#include "reports/history/statistics.h"
#include "reports/history/usual.h"
#include "reports/values.h"

namespace muster {

namespace {

Result::MetricHistory history_of(const std::vector<const HistoryRun*>& before,
                                 const Result::Metric& metric,
                                 const Standing& standing) {
  Result::MetricHistory history;
  for (const HistoryRun* run : before) {
    const HistoryMetric* entry = metric_of(*run, metric.id, metric.scope_probe);
    if (entry == nullptr) continue;
    history.runs.push_back(run->id);
    history.values.push_back(entry->value);
  }
  history.median = standing.usual;
  return history;
}

Result::MetricChange change_of(const Standing& standing) {
  const StandingRule rule;
  return {standing.test,
          standing.runs_now,
          standing.runs_before,
          standing.ratio,
          standing.lo,
          standing.hi,
          standing.p,
          rule.alpha,
          1 + rule.least_change,
          standing.usual_up_to,
          std::string(name_of(standing.result)),
          standing.reason};
}

/// "1.5 times the usual 25.0 s of 16 runs", of trials all together; "worse than in 16 runs before"
/// where one side was not reached.
std::string times_text(const Result::Metric& metric) {
  const Result::MetricChange& change = *metric.change;
  const std::string runs = count_of(change.n_old, "run");
  const std::string trials =
      change.n_new > 1 ? fmt::format(", over {} trials together", change.n_new) : "";
  const bool reached = metric.value && !metric.censored && metric.history->median.value_or(0) > 0;
  const std::optional<double> times = change.n_new > 1 ? change.ratio
                                      : reached
                                          ? std::optional(*metric.value / *metric.history->median)
                                          : std::nullopt;
  if (!times || !metric.history->median)
    return fmt::format("worse than in {} before{}", runs, trials);
  return fmt::format("{} times the usual {} of {}{}",
                     show_times(*times),
                     show_value(*metric.history->median, metric.unit),
                     runs,
                     trials);
}

void warn_of(Result::Metric& metric) {
  if (metric.verdict != "pass" || metric.change->result != "worse") return;
  metric.verdict = "warn";
  metric.reason += "; " + times_text(metric);
}

void put_metrics(Result& result,
                 const std::vector<const HistoryRun*>& before,
                 const std::vector<MetricStanding>& standings) {
  for (Result::Metric& metric : result.metrics) {
    if (!metric.scope_vantage.empty() || !metric.scope_phase.empty() || !metric.budget) continue;
    const auto found = std::ranges::find_if(standings, [&](const MetricStanding& each) {
      return each.id == metric.id && each.probe == metric.scope_probe;
    });
    if (found == standings.end() || found->standing.runs_before == 0) continue;
    metric.history = history_of(before, metric, found->standing);
    metric.change = change_of(found->standing);
    warn_of(metric);
  }
}

/// "Time to failover is 1.5 times the usual 25.0 s of 16 runs. Unlike run 142: dns.ttl 10 s → 30
/// s."
std::string detail_of(const Result& result) {
  constexpr std::size_t kMostChanges = 2;
  std::string text;
  for (const Result::Metric& metric : result.metrics) {
    if (metric.change && metric.change->result == "worse")
      text += fmt::format(" {} is {}.", show_name(metric), times_text(metric));
  }
  if (!text.empty() && result.changed && !result.changed->empty()) {
    text += fmt::format(" Unlike run {}: {}.",
                        result.earlier.front().number,
                        show_changes(*result.changed, kMostChanges));
  }
  return text;
}

struct Level {
  std::string metric, probe;
  std::size_t first = 0;         ///< index in time order
  double before = 0, after = 0;  ///< infinity: not reached
};

/// The steps of one metric, over the runs that have it. `oldest_first` holds all runs.
std::vector<Level> levels_of(const std::vector<const HistoryRun*>& oldest_first,
                             const HistoryMetric& like) {
  constexpr double kNextToNothing = 1e-3;
  std::vector<std::size_t> places;
  std::vector<double> values;
  std::vector<double> logs;
  for (std::size_t i = 0; i < oldest_first.size(); ++i) {
    const HistoryMetric* metric = metric_of(*oldest_first[i], like.id, like.probe);
    if (metric == nullptr) continue;
    places.push_back(i);
    values.push_back(metric->value.value_or(std::numeric_limits<double>::infinity()));
    logs.push_back(std::log(std::max({values.back(), metric->resolution, kNextToNothing})));
  }
  std::vector<std::size_t> starts = steps_in(logs, {});
  std::vector<Level> found;
  std::size_t from = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t at = starts[i];
    const std::size_t to = i + 1 < starts.size() ? starts[i + 1] : values.size();
    const auto begin = values.begin();
    const auto part = [&](std::size_t first, std::size_t last) {
      return median(
          {begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last)});
    };
    found.push_back({like.id, like.probe, places[at], part(from, at), part(at, to)});
    from = at;
  }
  return found;
}

Result::EarlierRun earlier_of(const HistoryRun& run) {
  return {run.id, run.number, run.started, run.status, run.profile};
}

}  // namespace

std::vector<Result::SeriesStep> steps_of(const std::vector<const HistoryRun*>& newest_first) {
  std::vector<Result::SeriesStep> steps;
  if (newest_first.empty()) return steps;
  const std::vector<const HistoryRun*> runs(newest_first.rbegin(), newest_first.rend());
  std::map<std::size_t, Result::SeriesStep, std::greater<>> by_place;
  for (const HistoryMetric& like : newest_first.front()->metrics) {
    if (!like.judged) continue;
    const MetricSpec* spec = metric_spec(like.id);
    for (const Level& level : levels_of(runs, like)) {
      Result::SeriesStep& step = by_place[level.first];
      step.moved.push_back({level.metric,
                            level.probe,
                            spec == nullptr ? "" : std::string(spec->unit),
                            finite(level.before),
                            finite(level.after)});
    }
  }
  for (auto& [place, step] : by_place) {
    step.run = runs[place]->id;
    step.number = runs[place]->number;
    step.changed = settings_changed(*runs[place - 1], *runs[place]);
    steps.push_back(std::move(step));
  }
  return steps;
}

void put_against_earlier(Result& result, const std::vector<HistoryRun>& newest_first) {
  const HistoryRun run = history_run_of(result);
  const std::vector<const HistoryRun*> before = comparable_runs(newest_first, run);
  for (const HistoryRun* each : before) result.earlier.push_back(earlier_of(*each));
  if (before.empty()) return;
  result.changed = settings_changed(*before.front(), run);
  if (!was_fair(run)) return;
  put_metrics(result, before, standings_of(newest_first, run));
  std::vector<const HistoryRun*> series{&run};
  series.insert(series.end(), before.begin(), before.end());
  if (std::vector<Result::SeriesStep> steps = steps_of(series); !steps.empty())
    result.series_step = std::move(steps.front());
  result.verdict.detail += detail_of(result);
}

}  // namespace muster
