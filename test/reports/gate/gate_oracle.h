#pragma once

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "reports/gate/gate.h"

namespace muster::sample {

/// The list of docs/gate.md once more, written another way and from its words, as the judge of the
/// judge.
enum class GateStanding { Met, Lacking, Unsafe };  ///< Lacking: a waiver may cover it

namespace oracle {

inline bool passed(const HistoryRun& run) {
  return run.status == "pass" && run.exit_code == 0;
}

inline bool unbelievable(const HistoryRun& h, const Result& r) {
  const std::string label = r.run.labels.contains("version") ? r.run.labels.at("version") : "";
  return r.run.id != h.id || r.run.number != h.number || r.run.drill != h.drill ||
         r.verdict.status != h.status || r.verdict.exit_code != h.exit_code ||
         r.run.environment != h.environment || r.environment_digest != h.environment_digest ||
         r.playbook.series_key != h.series_key || r.run.trial_group != h.trial_group ||
         label != h.version || (!h.stack.empty() && h.stack != r.run.service) ||
         r.run.started_at != h.started || r.run.ended_at != h.ended;
}

inline bool in_doubt(const Result& r) {
  for (const Result::Action& a : r.actions) {
    const bool clean = a.undo_state == "clean" || a.undo_state == "clean-by-guard" ||
                       a.undo_state == "target-gone";
    if (!a.undo_verified || !clean || !a.residue.empty()) return true;
  }
  std::map<std::string, int> told;
  for (const Result::Validity& v : r.validity) ++told[v.id];
  for (const char* id : {"samples", "undo", "completed", "clock-bound", "probe-lag", "probe-rate"})
    if (told[id] != 1) return true;
  for (const char* id : {"agents-alive", "fault-in-force", "baseline-steady", "baseline-present"})
    if (told[id] != 1) return true;
  return false;
}

inline bool within(const Result::Metric& m) {
  if (!m.budget) return true;
  const double worst_low = m.lo ? *m.lo : m.value.value_or(0);
  const double worst_high = m.hi ? *m.hi : m.value.value_or(0);
  if (m.budget_op == "<=") return m.value && !m.censored && worst_high <= *m.budget;
  if (m.budget_op != ">=") return false;
  return m.censored ? m.value.value_or(HUGE_VAL) >= *m.budget : m.value && worst_low >= *m.budget;
}

inline bool lacks_something(const GateDemand& d, const Result& r) {
  std::size_t seen = 0;
  for (const Result::Action& a : r.actions) {
    if (!a.applied_s || !a.error.empty()) return true;
    ++seen;
  }
  if (seen == 0 || seen < d.least_changes) return true;
  if (r.run.state != "completed" || !r.run.abort.empty()) return true;
  for (const Result::Validity& v : r.validity)
    if (!v.ok) return true;
  bool compared = false, promised = r.probes.empty() || !r.checks.empty();
  for (const Result::Metric& m : r.metrics) {
    if (m.budget) promised = true;
    if (m.verdict != "pass" && m.verdict != "warn" && m.verdict != "info") return true;
    if (!within(m)) return true;
    if (m.change && m.change->test != "none") compared = true;
    if (d.no_regression && m.change && m.change->result == "worse" && m.change->n_new > 1)
      return true;
  }
  if (!promised || (d.no_regression && !compared)) return true;
  for (const auto& check : r.checks)
    if (!check.second) return true;
  return !r.probes.empty() && (!r.samples || r.samples->count == 0);
}

inline bool goes_on_here(const OtherRun& other, const GateEvidence& e, const HistoryRun* h) {
  if (e.result && other.id == e.result->run.id) return false;
  std::string there;  // of the newest run
  if (h != nullptr) there = h->stack;
  if (e.result) there = e.result->run.service;
  if (other.stack.empty() || (e.stack.empty() && there.empty())) return true;
  return other.stack == e.stack || other.stack == there;
}

inline bool here(const OtherRun& other, const Result& r) {
  return other.id != r.run.id && (other.stack.empty() || other.stack == r.run.service);
}

}  // namespace oracle

inline GateStanding standing_of(const GateDemand& d, const GateEvidence& e) {
  using namespace oracle;
  if (d.drill.empty() || d.max_age.count() <= 0) return GateStanding::Unsafe;
  if (!e.history_error.empty() || !e.result_error.empty() || !e.files_error.empty())
    return GateStanding::Unsafe;
  if (!e.unclean.empty() || !e.lever.empty() || !e.unremembered.empty() || !e.forgotten.empty())
    return GateStanding::Unsafe;
  bool lacking = d.version == std::optional<std::string>("") ||
                 d.configuration == std::optional<std::string>("");
  const HistoryRun* h = nullptr;
  std::vector<const HistoryRun*> candidates;
  for (const HistoryRun& run : e.runs) {
    const bool here_or_unsaid =
        d.environment.empty() || run.environment.empty() || d.environment == run.environment;
    const bool on_it_or_unsaid =
        d.stack.empty() || e.stack.empty() || run.stack.empty() || e.stack == run.stack;
    if (!here_or_unsaid || !on_it_or_unsaid) continue;
    candidates.push_back(&run);
    const bool later = h == nullptr || run.number > h->number ||
                       (run.number == h->number && run.started > h->started);
    if (later) h = &run;
  }
  for (const HistoryRun* other : candidates)
    if (other->started > h->started + std::chrono::minutes(1)) return GateStanding::Unsafe;
  for (const OtherRun& other : e.running)
    if (goes_on_here(other, e, h)) return GateStanding::Unsafe;
  if (h == nullptr) lacking = true;
  if (h != nullptr) {
    if (!e.result || !e.is_signed || h->drill != d.drill || h->ended > e.now)
      return GateStanding::Unsafe;
    if (h->result_digest.empty() || h->result_digest != e.result_digest)
      return GateStanding::Unsafe;
    if (!d.environment.empty() && d.environment != h->environment) lacking = true;
    if (unbelievable(*h, *e.result) || h->status == "broken" || h->exit_code == 4)
      return GateStanding::Unsafe;
    const auto oldest = e.now - std::chrono::duration_cast<std::chrono::microseconds>(d.max_age);
    if (!passed(*h) || h->ended < oldest) lacking = true;
    if (d.version && *d.version != h->version) lacking = true;
    if (d.configuration && *d.configuration != h->environment_digest) lacking = true;
    std::set<std::string> trials;
    for (const HistoryRun& run : e.runs) {
      if (&run != h && (h->trial_group.empty() || run.trial_group != h->trial_group)) continue;
      trials.insert(run.id);
      if (run.status == "broken" || run.exit_code == 4) return GateStanding::Unsafe;
      if (!passed(run)) lacking = true;
    }
    if (static_cast<int>(trials.size()) < e.result->run.trial_of) lacking = true;
  }
  if (!e.result) return lacking ? GateStanding::Lacking : GateStanding::Met;
  const Result& r = *e.result;
  if (in_doubt(r)) return GateStanding::Unsafe;
  for (const OtherRun& other : e.overlapping)
    if (here(other, r)) lacking = true;
  if (!d.playbook.empty() && (e.playbook_digest.empty() || e.playbook_digest != r.playbook.digest))
    lacking = true;
  if (!d.stack.empty() && (e.stack.empty() || e.stack != r.run.service)) lacking = true;
  return lacking || lacks_something(d, r) ? GateStanding::Lacking : GateStanding::Met;
}

}  // namespace muster::sample
