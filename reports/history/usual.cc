#include "reports/history/usual.h"

#include <algorithm>
#include <limits>

#include "drills/playbook.h"

namespace muster {

namespace {

constexpr std::size_t kMostRuns = 20;
constexpr double kAlpha = 0.05;

bool are_trials_of_one(const HistoryRun& a, const HistoryRun& b) {
  return a.id == b.id || (!a.trial_group.empty() && a.trial_group == b.trial_group);
}

/// Two measurements of the same differ by as much, where they do not say by how much themselves.
double usual_resolution(std::string_view unit) {
  if (unit == "count" || unit == "bytes") return 1;
  return 0.001;  // a millisecond; one request in a thousand
}

double number_of(const HistoryMetric& metric) {
  return metric.value.value_or(std::numeric_limits<double>::infinity());
}

template <class Runs>
std::vector<double> numbers(const Runs& runs, const HistoryMetric& like) {
  std::vector<double> values;
  for (const HistoryRun* run : runs)
    if (const HistoryMetric* metric = metric_of(*run, like.id, like.probe))
      values.push_back(number_of(*metric));
  return values;
}

}  // namespace

bool measures_the_same(const HistoryRun& a, const HistoryRun& b) {
  return a.drill == b.drill && a.environment == b.environment && a.series_key == b.series_key;
}

bool was_fair(const HistoryRun& run) {
  return run.status == "pass" || run.status == "fail";
}

std::vector<const HistoryRun*> comparable_runs(const std::vector<HistoryRun>& newest_first,
                                               const HistoryRun& run) {
  std::vector<const HistoryRun*> found;
  const HistoryRun* accepted = nullptr;
  if (run.accepted) return found;
  for (const HistoryRun& each : newest_first) {
    const bool earlier =
        each.started < run.started || (each.started == run.started && each.id < run.id);
    if (!earlier || !measures_the_same(each, run) || are_trials_of_one(each, run)) continue;
    if (accepted != nullptr && !are_trials_of_one(each, *accepted)) break;
    if (was_fair(each)) found.push_back(&each);
    if (each.accepted) accepted = &each;
    if (found.size() == kMostRuns) break;
  }
  return found;
}

std::vector<MetricStanding> standings_of(const std::vector<HistoryRun>& newest_first,
                                         const HistoryRun& run) {
  const std::vector<const HistoryRun*> before = comparable_runs(newest_first, run);
  std::vector<const HistoryRun*> now{&run};
  for (const HistoryRun& each : newest_first)
    if (each.id != run.id && are_trials_of_one(each, run) && was_fair(each)) now.push_back(&each);

  std::vector<MetricStanding> found;
  std::vector<Standing> standings;
  for (const HistoryMetric& metric : run.metrics) {
    if (!metric.judged) continue;
    const MetricSpec* spec = metric_spec(metric.id);
    MetricStanding entry{
        metric.id, metric.probe, spec == nullptr ? "" : std::string(spec->unit), metric.value, {}};
    StandingRule rule;
    rule.alpha = kAlpha;
    rule.higher_is_better = spec != nullptr && !spec->lower_is_better;
    rule.resolution = std::max(metric.resolution, usual_resolution(entry.unit));
    standings.push_back(standing_of(numbers(before, metric), numbers(now, metric), rule));
    found.push_back(std::move(entry));
  }
  judge_together(standings, kAlpha);
  for (std::size_t i = 0; i < found.size(); ++i) found[i].standing = std::move(standings[i]);
  return found;
}

}  // namespace muster
