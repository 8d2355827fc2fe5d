#include "reports/judge/judge.h"

#include <algorithm>

#include "base/digest.h"
#include "base/huge_pages.h"
#include "reports/judge/objectives.h"
#include "reports/judge/validity.h"
#include "reports/judge/verdict.h"
#include "reports/measure/breakdown.h"
#include "reports/measure/cache.h"
#include "reports/measure/gauges.h"
#include "reports/measure/ledger.h"
#include "reports/measure/metrics.h"
#include "reports/measure/milestones.h"
#include "reports/measure/phases.h"
#include "reports/measure/prediction.h"
#include "reports/measure/propagation.h"
#include "reports/measure/replication.h"
#include "reports/measure/series.h"
#include "reports/measure/setting.h"
#include "reports/measure/split_brain.h"
#include "reports/measure/timeline.h"

namespace muster {

namespace {

void append(std::vector<Result::Metric>& metrics, const std::vector<Result::Metric>& more) {
  metrics.insert(metrics.end(), more.begin(), more.end());
}

std::string config_digest(const std::vector<Result::EnvironmentItem>& items) {
  std::string config;
  for (const Result::EnvironmentItem& item : items) {
    if (item.kind == "config") config += item.key + "=" + item.value + "\n";
  }
  return sha256(config);
}

void describe(const Timeline& timeline, Result& result) {
  const RunRecord& record = timeline.record;
  result.run = run_of(timeline);
  result.playbook = playbook_of(record);
  result.clock_offsets = offsets_of(record);
  result.vantages = vantages_of(record);
  result.probes = probes_of(record);
  result.actions = actions_of(timeline);
  result.samples = samples_of(record);
  result.checks = checks_of(record);
  result.environment = environment_of(record);
  result.environment_digest = config_digest(result.environment);
}

void measure(const Timeline& timeline, const Milestones& milestones, Result& result) {
  result.milestones = milestone_table(milestones);
  result.client_spread = milestones.clients;
  result.place_delays = place_delays(timeline);
  result.phases = phases_of(timeline, milestones);
  result.events = events_of(timeline, milestones);
  result.series = series_of(timeline);
  result.integrity = ledger_of(timeline);
  result.breakdown = breakdown_of(timeline, milestones);
  result.prediction = compare_prediction(timeline, milestones);
  append(result.metrics, milestone_metrics(milestones));
  append(result.metrics, request_metrics(timeline, result.phases));
  append(result.metrics, replication_metrics(timeline));
  append(result.metrics, split_brain_metrics(timeline));
  append(result.metrics, ledger_metrics(timeline));
  append(result.metrics, propagation_metrics(timeline));
  append(result.metrics, gauge_metrics(timeline));
  append(result.metrics, cache_metrics(timeline));
}

}  // namespace

Result judge(const RunRecord& record) {
  const FreedMemoryKept kept;
  const Timeline timeline = timeline_of(record);
  Result result;
  describe(timeline, result);
  measure(timeline, find_milestones(timeline), result);
  judge_objectives(record.playbook.objectives, result.metrics);
  result.validity = validity_of(timeline);
  result.verdict = verdict_of(timeline, result);
  return result;
}

}  // namespace muster
