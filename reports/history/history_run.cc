#include "reports/history/history_run.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/profile.h"

namespace muster {

namespace {

/// How far apart two measurements of the same may be, where the measurement says it.
double resolution_of(const Result::Metric& metric) {
  return metric.lo && metric.hi ? *metric.hi - *metric.lo : 0;
}

bool is_of_the_whole_run(const Result::Metric& metric) {
  return metric.scope_vantage.empty() && metric.scope_phase.empty() &&
         (metric.value || metric.censored);
}

/// A time that was not reached is no number, so that no mean ever contains it.
std::optional<double> number_of(const Result::Metric& metric) {
  return metric.censored ? std::nullopt : metric.value;
}

std::vector<HistoryMetric> metrics_of(const Result& result) {
  std::map<std::pair<std::string, std::string>, HistoryMetric> metrics;
  for (const Result::Metric& metric : result.metrics) {
    if (!is_of_the_whole_run(metric)) continue;
    const auto [place, is_new] = metrics.try_emplace({metric.id, metric.scope_probe});
    HistoryMetric& entry = place->second;
    if (is_new) entry = {metric.id, metric.scope_probe, number_of(metric), resolution_of(metric)};
    // Two objectives on one metric are two rows of the result; the one that was missed is shown.
    const bool missed = metric.verdict == "fail";
    if (!entry.budget || (missed && !entry.missed)) entry.budget = metric.budget;
    entry.judged = entry.judged || metric.budget.has_value();
    entry.missed = entry.missed || missed;
  }
  std::vector<HistoryMetric> found;
  found.reserve(metrics.size());
  for (auto& [key, metric] : metrics) found.push_back(std::move(metric));
  return found;
}

std::map<std::string, std::string> by_key(const std::vector<Result::EnvironmentItem>& items) {
  std::map<std::string, std::string> values;
  for (const Result::EnvironmentItem& item : items) values[item.key] = item.value;
  return values;
}

}  // namespace

HistoryRun history_run_of(const Result& result) {
  HistoryRun run;
  run.id = result.run.id;
  run.number = result.run.number;
  run.drill = result.run.drill;
  run.environment = result.run.environment;
  run.series_key = result.playbook.series_key;
  run.environment_digest = result.environment_digest;
  run.started = result.run.started_at;
  run.ended = result.run.ended_at;
  run.status = result.verdict.status;
  run.exit_code = result.verdict.exit_code;
  run.headline = result.verdict.headline;
  const auto version = result.run.labels.find("version");
  if (version != result.run.labels.end()) run.version = version->second;
  run.trial_group = result.run.trial_group;
  run.profile = profile_of(result);
  for (const Result::EnvironmentItem& item : result.environment) {
    if (item.kind == "measured") continue;  // a clock offset is no setting
    if (item.key == "stack" && item.kind == "config") run.stack = item.value;
    run.settings.push_back(item);
  }
  run.metrics = metrics_of(result);
  return run;
}

const HistoryMetric* metric_of(const HistoryRun& run, std::string_view id, std::string_view probe) {
  const auto found = std::ranges::find_if(run.metrics, [&](const HistoryMetric& metric) {
    return metric.id == id && metric.probe == probe;
  });
  return found == run.metrics.end() ? nullptr : &*found;
}

std::optional<std::vector<Result::SettingChange>> settings_changed(const HistoryRun& before,
                                                                   const HistoryRun& now) {
  if (before.settings.empty() || now.settings.empty()) return std::nullopt;
  const auto old_values = by_key(before.settings);
  const auto new_values = by_key(now.settings);
  std::vector<Result::SettingChange> changes;
  for (const auto& [key, value] : old_values) {
    const auto found = new_values.find(key);
    const std::string other = found == new_values.end() ? "" : found->second;
    if (other != value) changes.push_back({key, value, other});
  }
  for (const auto& [key, value] : new_values)
    if (!old_values.contains(key)) changes.push_back({key, "", value});
  std::ranges::sort(changes, {}, &Result::SettingChange::key);
  return changes;
}

}  // namespace muster
