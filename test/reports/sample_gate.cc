#include "test/reports/sample_gate.h"

#include "test/reports/sample_result.h"

namespace muster::sample {

namespace {

using namespace std::chrono_literals;

constexpr const char* kPlaybookNow = "sha256:5f1c0e";
constexpr const char* kResultDigest = "sha256:d1935e";

/// As a fair run of today tells it; what is no business of the gate is left out.
Result believable() {
  Result result = passed();
  result.series = {};
  result.events.clear();
  result.environment.clear();
  result.milestones.clear();
  result.vantages.clear();
  result.phases.clear();
  result.client_spread.clear();
  result.breakdown.clear();
  result.prediction.reset();
  result.playbook.text.clear();
  result.playbook.digest = kPlaybookNow;
  result.run.environment = "production";
  result.run.service = "shop";
  result.run.trial_of = 1;
  result.run.trial_group = result.run.id;
  result.probes.resize(1);
  result.samples = Result::Samples{"samples", "muster.samples/1", 4000, 64'000, "sha256:00"};
  std::erase_if(result.metrics, [](const Result::Metric& metric) { return !metric.budget; });
  result.metrics.resize(2);
  result.metrics[0].change = Result::MetricChange{};
  result.metrics[0].change->test = "prediction-interval";
  result.metrics[0].change->n_new = 1;
  result.metrics[0].change->n_old = 8;
  result.metrics[0].change->result = "same";
  result.validity.clear();
  for (const char* id : {"completed",
                         "baseline-present",
                         "baseline-steady",
                         "fault-in-force",
                         "samples",
                         "agents-alive",
                         "probe-rate",
                         "probe-lag",
                         "clock-bound",
                         "undo"})
    result.validity.push_back({id, true, "as it should be"});
  result.checks = {{"steady: error_ratio of readers <= 1 %", true},
                   {"await: failover of readers", true}};
  return result;
}

HistoryRun lean(const Result& result) {
  HistoryRun run = history_run_of(result);
  run.profile = {};
  run.metrics.clear();
  run.settings.clear();
  run.stack = result.run.service;
  run.result_digest = kResultDigest;
  return run;
}

GatePolicy policy_for(const Result& result) {
  PolicyDrill line;
  line.drill = result.run.drill;
  line.environment = "production";
  line.version_must_match = line.configuration_must_match = line.no_regression = true;
  line.playbook = "/somewhere/drills/drain.yaml";
  line.stack = "/somewhere/stacks/production.yaml";
  line.least_changes = result.actions.size();
  GatePolicy policy;
  policy.services["web"]["production"] = {line};
  policy.services["web"]["staging"] = {line};
  return policy;
}

GateCase made() {
  const Result result = believable();
  GateCase one;
  one.question.service = "web";
  one.question.environment = "production";
  one.question.version = result.run.labels.at("version");
  one.question.configuration = result.environment_digest;
  one.policy = policy_for(result);
  one.evidence.result = std::make_shared<const Result>(result);
  one.evidence.result_digest = kResultDigest;
  one.evidence.is_signed = true;
  one.evidence.playbook_digest = kPlaybookNow;
  one.evidence.stack = "shop";
  one.evidence.overlapping = {{"01KA0000000000000000000001", "lose-primary", "another-shop"}};
  one.evidence.running = {{"01KA0000000000000000000002", "lose-primary", "another-shop"}};
  HistoryRun older = lean(result);
  older.id = older.trial_group = "01KA0000000000000000000000";
  older.number -= 1;
  older.started -= 30h;
  older.ended -= 30h;
  older.status = "fail";
  older.exit_code = 1;
  one.evidence.runs = {lean(result), older};
  one.evidence.now = result.run.ended_at + 2h;
  return one;
}

}  // namespace

Result& GateCase::result() {
  const auto own = std::make_shared<Result>(*evidence.result);
  evidence.result = own;
  return *own;
}

GateDemand GateCase::demand() const {
  const GateTerms terms = terms_of(question, &policy);
  return terms.demands.empty() ? GateDemand{} : terms.demands.front();
}

GateAnswer GateCase::answered() const {
  return gate_answer(question, &policy, [&](const GateDemand&) { return evidence; });
}

GateCase good_gate_case() {
  static const GateCase kMade = made();
  return kMade;
}

Waiver waiver_of(const GateCase& one) {
  return {one.policy.services.at("web").at("production").front().drill,
          "web",
          "production",
          "ops@example.org",
          "replica rebuilt, OPS-12",
          one.evidence.now + 24h};
}

const std::vector<GateViolation>& gate_violations() {
  static const std::vector<GateViolation> kAll = [] {
    std::vector<GateViolation> all = violations_of_the_run();
    const auto& around = violations_around_the_run();
    all.insert(all.end(), around.begin(), around.end());
    return all;
  }();
  return kAll;
}

}  // namespace muster::sample
