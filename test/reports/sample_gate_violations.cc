#include "test/reports/sample_gate.h"

namespace muster::sample {

namespace {

using namespace std::chrono_literals;

HistoryRun another_trial(GateCase& one) {
  HistoryRun trial = one.run();
  trial.id = "01KA1000000000000000000000";
  trial.started -= 5min;
  trial.ended -= 5min;
  one.run().trial_group = trial.trial_group = trial.id;
  if (one.has_result()) one.result().run.trial_group = trial.id;
  return trial;
}

void add_failed_trial(GateCase& one, const char* status, int exit_code) {
  if (!one.has_run()) return;
  HistoryRun trial = another_trial(one);
  trial.status = status;
  trial.exit_code = exit_code;
  one.evidence.runs.push_back(trial);
}

/// The newest one, out of order on purpose.
void add_newer_failure(GateCase& one) {
  if (!one.has_run()) return;
  HistoryRun newer = one.run();
  newer.id = "01KB0000000000000000000000";
  newer.number += 1;
  newer.started += 1h;
  newer.ended += 1h;
  newer.status = "fail";
  newer.exit_code = 1;
  one.evidence.runs.push_back(newer);
}

template <class Change>
void change_result(GateCase& one, Change change) {
  if (one.has_result()) change(one.result());
}

template <class Change>
void change_run(GateCase& one, Change change) {
  if (one.has_run()) change(one.run());
}

template <class Change>
void change_action(GateCase& one, Change change) {
  if (one.has_result() && !one.evidence.result->actions.empty()) change(one.result().actions[0]);
}

template <class Change>
void change_metric(GateCase& one, Change change) {
  if (one.has_result()) change(one.result().metrics[0]);
}

}  // namespace

// A violation is one lambda each; the braces of clang-format would make three lines of most.
// clang-format off
const std::vector<GateViolation>& violations_of_the_run() {
  static const std::vector<GateViolation> kAll = {
      {"history says fail", [](GateCase& c) { change_run(c, [](auto& r) { r.status = "fail"; }); }, false},
      {"history says exit 3", [](GateCase& c) { change_run(c, [](auto& r) { r.exit_code = 3; }); }, false},
      {"both say fail", [](GateCase& c) {
         change_run(c, [](auto& r) { r.status = "fail"; r.exit_code = 1; });
         change_result(c, [](auto& r) { r.verdict.status = "fail"; r.verdict.exit_code = 1; }); }, true},
      {"both say inconclusive", [](GateCase& c) {
         change_run(c, [](auto& r) { r.status = "inconclusive"; r.exit_code = 3; });
         change_result(c, [](auto& r) { r.verdict.status = "inconclusive"; r.verdict.exit_code = 3; }); }, true},
      {"both say broken", [](GateCase& c) {
         change_run(c, [](auto& r) { r.status = "broken"; r.exit_code = 4; });
         change_result(c, [](auto& r) { r.verdict.status = "broken"; r.verdict.exit_code = 4; }); }, false},
      {"another id", [](GateCase& c) { change_result(c, [](auto& r) { r.run.id = "01KC0000000000000000000000"; }); }, false},
      {"another number", [](GateCase& c) { change_result(c, [](auto& r) { r.run.number += 1; }); }, false},
      {"another drill in the result", [](GateCase& c) { change_result(c, [](auto& r) { r.run.drill = "other"; }); }, false},
      {"another verdict", [](GateCase& c) { change_result(c, [](auto& r) { r.verdict.status = "inconclusive"; }); }, false},
      {"another exit code", [](GateCase& c) { change_result(c, [](auto& r) { r.verdict.exit_code = 4; }); }, false},
      {"both say another drill", [](GateCase& c) {
         change_run(c, [](auto& r) { r.drill = "other"; });
         change_result(c, [](auto& r) { r.run.drill = "other"; }); }, false},
      {"neither says in which environment", [](GateCase& c) {
         change_run(c, [](auto& r) { r.environment.clear(); });
         change_result(c, [](auto& r) { r.run.environment.clear(); }); }, true},
      {"another stack in the history", [](GateCase& c) { change_run(c, [](auto& r) { r.stack = "another-shop"; }); }, false},
      {"another result than is remembered", [](GateCase& c) { change_run(c, [](auto& r) { r.result_digest = "sha256:00"; }); }, false},
      {"no result is remembered", [](GateCase& c) { change_run(c, [](auto& r) { r.result_digest.clear(); }); }, false},
      {"another place", [](GateCase& c) { change_result(c, [](auto& r) { r.run.environment = "staging"; }); }, false},
      {"another digest", [](GateCase& c) { change_result(c, [](auto& r) { r.environment_digest = "sha256:00"; }); }, false},
      {"another series", [](GateCase& c) { change_result(c, [](auto& r) { r.playbook.series_key = "sha256:00"; }); }, false},
      {"another label", [](GateCase& c) { change_result(c, [](auto& r) { r.run.labels.clear(); }); }, false},
      {"another begin", [](GateCase& c) { change_result(c, [](auto& r) { r.run.started_at += 1us; }); }, false},
      {"another end", [](GateCase& c) { change_result(c, [](auto& r) { r.run.ended_at += 1us; }); }, false},
      {"another group", [](GateCase& c) { change_result(c, [](auto& r) { r.run.trial_group = "x"; }); }, false},
      {"aborted", [](GateCase& c) { change_result(c, [](auto& r) { r.run.state = "aborted"; }); }, true},
      {"a reason to abort", [](GateCase& c) { change_result(c, [](auto& r) { r.run.abort = "stop_if"; }); }, true},
      {"an unknown state", [](GateCase& c) { change_result(c, [](auto& r) { r.run.state = "Completed"; }); }, true},
      {"nothing injected", [](GateCase& c) { change_result(c, [](auto& r) { r.actions.clear(); }); }, true},
      {"not observed", [](GateCase& c) { change_action(c, [](auto& a) { a.applied_s.reset(); }); }, true},
      {"one of more not observed", [](GateCase& c) { change_result(c, [](auto& r) {
         if (r.actions.empty()) return;
         r.actions.push_back(r.actions[0]);
         r.actions.back().applied_s.reset(); }); }, true},
      {"undo not verified", [](GateCase& c) { change_action(c, [](auto& a) { a.undo_verified = false; }); }, false},
      {"undo in conflict", [](GateCase& c) { change_action(c, [](auto& a) { a.undo_state = "conflict"; }); }, false},
      {"undo in no state", [](GateCase& c) { change_action(c, [](auto& a) { a.undo_state.clear(); }); }, false},
      {"a change failed", [](GateCase& c) { change_action(c, [](auto& a) { a.error = "refused"; }); }, true},
      {"left behind", [](GateCase& c) { change_action(c, [](auto& a) { a.residue = {"a table"}; }); }, false},
      {"not fair", [](GateCase& c) { change_result(c, [](auto& r) { if (!r.validity.empty()) r.validity.back().ok = false; }); }, true},
      {"partial", [](GateCase& c) { change_result(c, [](auto& r) { r.validity.push_back({"record-whole", false, "partial"}); }); }, true},
      {"fairness unknown", [](GateCase& c) { change_result(c, [](auto& r) { r.validity.clear(); }); }, false},
      {"one fairness unknown", [](GateCase& c) { change_result(c, [](auto& r) { if (!r.validity.empty()) r.validity.erase(r.validity.begin()); }); }, false},
      {"one fairness twice", [](GateCase& c) { change_result(c, [](auto& r) { r.validity.push_back({"undo", true, ""}); }); }, false},
      {"an objective missed", [](GateCase& c) { change_metric(c, [](auto& m) { m.verdict = "fail"; }); }, true},
      {"an objective not judged", [](GateCase& c) { change_metric(c, [](auto& m) { m.verdict = "inconclusive"; }); }, true},
      {"an unknown judgement", [](GateCase& c) { change_metric(c, [](auto& m) { m.verdict = "passed"; }); }, true},
      {"over the budget", [](GateCase& c) { change_metric(c, [](auto& m) { if (m.budget) m.value = m.hi = *m.budget + 1; }); }, true},
      {"at the limit", [](GateCase& c) { change_metric(c, [](auto& m) { if (m.budget) m.hi = *m.budget + 0.001; }); }, true},
      {"never reached", [](GateCase& c) { change_metric(c, [](auto& m) { m.censored = true; }); }, true},
      {"not measured", [](GateCase& c) { change_metric(c, [](auto& m) { m.value.reset(); }); }, true},
      {"an unknown kind of budget", [](GateCase& c) { change_metric(c, [](auto& m) { m.budget_op = "<"; }); }, true},
      {"nothing promised", [](GateCase& c) { change_result(c, [](auto& r) {
         for (auto& m : r.metrics) m.budget.reset();
         r.checks.clear(); }); }, true},
      {"a check not held", [](GateCase& c) { change_result(c, [](auto& r) { if (!r.checks.empty()) r.checks.back().second = false; }); }, true},
      {"no samples", [](GateCase& c) { change_result(c, [](auto& r) { r.samples.reset(); }); }, true},
      {"zero samples", [](GateCase& c) { change_result(c, [](auto& r) { if (r.samples) r.samples->count = 0; }); }, true},
      {"worse, as trials confirm", [](GateCase& c) { change_metric(c, [](auto& m) { if (m.change) { m.change->n_new = 3; m.change->result = "worse"; } }); }, true},
      {"held against nothing", [](GateCase& c) { change_metric(c, [](auto& m) { m.change.reset(); }); }, true},
      {"too few to hold it against", [](GateCase& c) { change_metric(c, [](auto& m) { if (m.change) m.change->test = "none"; }); }, true},
      {"another trial failed", [](GateCase& c) { add_failed_trial(c, "fail", 1); }, true},
      {"another trial is broken", [](GateCase& c) { add_failed_trial(c, "broken", 4); }, false},
      {"a trial is missing", [](GateCase& c) { change_result(c, [](auto& r) { r.run.trial_of = 3; }); }, true}};
  return kAll;
}

const std::vector<GateViolation>& violations_around_the_run() {
  static const std::vector<GateViolation> kAll = {
      {"no age allowed", [](GateCase& c) { c.line().max_age = Duration::zero(); }, false},
      {"expired", [](GateCase& c) { c.evidence.now += 24h * 8; }, true},
      {"expired for the asker", [](GateCase& c) { c.question.max_age = 119min; }, true},
      {"from the future", [](GateCase& c) { c.evidence.now -= 3h; }, false},
      {"another version", [](GateCase& c) { c.question.version = "2026.47.0"; }, true},
      {"no version told", [](GateCase& c) { c.question.version.clear(); }, true},
      {"another configuration", [](GateCase& c) { c.question.configuration = "sha256:01"; }, true},
      {"no configuration told", [](GateCase& c) { c.question.configuration.clear(); }, true},
      {"another environment", [](GateCase& c) { c.line().environment = "staging"; }, true},
      {"more changes wanted", [](GateCase& c) { c.line().least_changes += 1; }, true},
      {"another drill in the history", [](GateCase& c) { change_run(c, [](auto& r) { r.drill = "other"; }); }, false},
      {"history unreadable", [](GateCase& c) { c.evidence.history_error = "disk I/O error"; }, false},
      {"result unreadable", [](GateCase& c) { c.evidence.result_error = "no such file"; }, false},
      {"no runs", [](GateCase& c) { c.evidence.runs.clear(); }, true},
      {"no result", [](GateCase& c) { c.evidence.result.reset(); }, false},
      {"never run", [](GateCase& c) { c.evidence.runs.clear(); c.evidence.result.reset(); }, true},
      {"not signed", [](GateCase& c) { c.evidence.is_signed = false; }, false},
      {"signed by a stranger", [](GateCase& c) { c.evidence.is_signed = false; c.evidence.signature_error = "it is signed by the key 0123, which is not trusted"; }, false},
      {"playbook changed", [](GateCase& c) { c.evidence.playbook_digest = "sha256:77"; }, true},
      {"playbook not looked at", [](GateCase& c) { c.evidence.playbook_digest.clear(); }, true},
      {"playbook unreadable", [](GateCase& c) { c.evidence.files_error = "drain.yaml: no such file"; }, false},
      {"another stack", [](GateCase& c) { c.evidence.stack = "a-third-shop"; }, true},
      {"stack not looked at", [](GateCase& c) { c.evidence.stack.clear(); }, true},
      {"residue elsewhere", [](GateCase& c) { c.evidence.unclean = {"drill x: nft table on app-us"}; }, false},
      {"lever engaged", [](GateCase& c) { c.evidence.lever = "the safety lever is engaged"; }, false},
      {"a run that the history does not know", [](GateCase& c) { c.evidence.unremembered = {"01KD0000000000000000000000"}; }, false},
      {"a newer run that was forgotten", [](GateCase& c) { c.evidence.forgotten = {"01KD0000000000000000000001"}; }, false},
      {"another drill at the same time", [](GateCase& c) { c.evidence.overlapping.push_back({"01KE0000000000000000000000", "x", "shop"}); }, true},
      {"another drill at the same time, nobody knows where", [](GateCase& c) { c.evidence.overlapping.push_back({"01KE0000000000000000000001", "x", ""}); }, true},
      {"a drill runs now", [](GateCase& c) { c.evidence.running.push_back({"01KE0000000000000000000002", "x", "shop"}); }, false},
      {"a drill runs now, nobody knows where", [](GateCase& c) { c.evidence.running.push_back({"01KE0000000000000000000003", "x", ""}); }, false},
      {"newer failure", add_newer_failure, false}};
  return kAll;
}
// clang-format on

}  // namespace muster::sample
