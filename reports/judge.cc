#include "reports/judge.h"

#include <algorithm>

#include "base/digest.h"
#include "reports/breakdown.h"
#include "reports/ledger.h"
#include "reports/metrics.h"
#include "reports/milestones.h"
#include "reports/objectives.h"
#include "reports/phases.h"
#include "reports/prediction.h"
#include "reports/replication.h"
#include "reports/series.h"
#include "reports/setting.h"
#include "reports/timeline.h"
#include "reports/validity.h"
#include "reports/verdict.h"

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
  result.phases = phases_of(timeline, milestones);
  result.events = events_of(timeline, milestones);
  result.series = series_of(timeline);
  result.integrity = ledger_of(timeline);
  result.breakdown = breakdown_of(timeline, milestones);
  result.prediction = compare_prediction(timeline, milestones);
  append(result.metrics, milestone_metrics(milestones));
  append(result.metrics, request_metrics(timeline, result.phases));
  append(result.metrics, replication_metrics(timeline));
  append(result.metrics, ledger_metrics(timeline));
}

}  // namespace

Result judge(const RunRecord& record) {
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
