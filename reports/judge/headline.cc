#include <set>
#include <tuple>

#include "base/text.h"
#include "reports/judge/objectives.h"
#include "reports/judge/verdict.h"

namespace muster {

namespace {

const Result::Metric* overall(const Result& result,
                              std::string_view id,
                              std::string_view probe = "") {
  for (const Result::Metric& metric : result.metrics) {
    if (metric.id == id && metric.scope_vantage.empty() && metric.scope_phase.empty() &&
        (probe.empty() || metric.scope_probe == probe)) {
      return &metric;
    }
  }
  return nullptr;
}

std::string against_budget(const Result::Metric& metric) {
  if (!metric.budget) return "";
  const bool most = metric.budget_op == "<=";
  return fmt::format(" against {} {}",
                     most ? "a budget of" : "a least of",
                     value_text(*metric.budget, metric.unit));
}

/// The slowest failover of those that have a budget, or of all where none has: a headline that
/// named the first would hide the others.
const Result::Metric* slowest_failover(const Result& result) {
  const Result::Metric* slowest = nullptr;
  const auto rank = [](const Result::Metric& metric) {
    return std::tuple(metric.budget.has_value(), metric.censored, metric.value.value_or(-1));
  };
  for (const Result::Metric& metric : result.metrics) {
    const bool whole = metric.scope_vantage.empty() && metric.scope_phase.empty();
    if (metric.id != "time_to_failover" || !whole || !metric.value) continue;
    if (slowest == nullptr || rank(metric) > rank(*slowest)) slowest = &metric;
  }
  return slowest;
}

/// Who failed though nobody had to fail over: "97 requests of comments failed", or "".
std::string failed_all_the_same(const Result& result) {
  std::vector<std::string> hit;
  for (const Result::ProbeInfo& probe : result.probes) {
    const Result::Metric* failed = overall(result, "failed_requests", probe.id);
    if (failed == nullptr || failed->value.value_or(0) <= 0) continue;
    hit.push_back(fmt::format("{} of {} failed",
                              count_of(static_cast<std::size_t>(*failed->value), "request"),
                              probe.id));
  }
  return join(hit, ", ");
}

std::string failover_clause(const Result& result) {
  const Result::Metric* failover = slowest_failover(result);
  if (failover == nullptr) return "";
  const std::string span = value_text(*failover->value, "s");
  const std::string budget = against_budget(*failover);
  if (failover->budget && failover->censored)
    return fmt::format("Failover was not over within {}{}", span, budget);
  if (failover->budget && *failover->value > 0)
    return fmt::format("Failover took {}{}", span, budget);
  const std::string failed = failed_all_the_same(result);
  if (!failed.empty()) return failed;
  return *failover->value > 0 ? "Failover took " + span : "No user noticed the fault";
}

/// The first objective that was missed, where the failover does not say it already.
std::string missed_clause(const Result& result) {
  for (const Result::Metric& metric : result.metrics) {
    if (metric.verdict != "fail" || metric.id == "time_to_failover" || metric.id == "lost_writes")
      continue;
    std::string value =
        metric.value ? value_text(*metric.value, metric.unit) : "beyond every answer";
    if (metric.value && metric.censored) value = "more than " + value;
    return fmt::format("{} was {}{}", metric.name, value, against_budget(metric));
  }
  return "";
}

/// That users were served well again is only half of the truth where it did not last.
std::string relapse_clause(const Result& result) {
  const Result::Metric* worst = nullptr;
  for (const Result::Metric& metric : result.metrics) {
    const bool whole = metric.scope_vantage.empty() && metric.scope_phase.empty();
    if (metric.id != "failed_after_recovery" || !whole || metric.censored) continue;
    if (metric.verdict == "fail" || metric.value.value_or(0) <= 0) continue;
    if (worst == nullptr || *metric.value > *worst->value) worst = &metric;
  }
  if (worst == nullptr) return "";
  return fmt::format("{} of {} failed after the recovery",
                     count_of(static_cast<std::size_t>(*worst->value), "request"),
                     worst->scope_probe);
}

std::string writes_clause(const Result& result) {
  if (result.integrity.checked == 0) return "";
  if (result.integrity.lost_total == 0) return "no acknowledged write was lost";
  const auto lost = static_cast<std::size_t>(result.integrity.lost_total);
  return count_of(lost, "acknowledged write") + (lost == 1 ? " was lost" : " were lost");
}

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

/// What was measured: failover, then what else was missed, whether the recovery lasted, then the
/// writes.
std::string measured(const Timeline& timeline,
                     const Result& result,
                     const Result::Verdict& verdict) {
  std::vector<std::string> clauses;
  for (const std::string& clause : {failover_clause(result),
                                    missed_clause(result),
                                    relapse_clause(result),
                                    writes_clause(result)}) {
    if (!clause.empty()) clauses.push_back(clause);
  }
  if (clauses.empty() && !verdict.reasons.empty()) {
    clauses.push_back(
        fmt::format("{}: {}", verdict.reasons.front().metric, verdict.reasons.front().text));
  }
  if (clauses.empty())
    return timeline.injection ? "The fault was applied and undone" : "The drill ran to its end";
  return join(clauses, "; ");
}

/// A run that was cut off was put back by others.
std::string undone_clause(const Timeline& timeline) {
  const RunRecord& record = timeline.record;
  std::set<std::string> by;
  for (const ActionRecord& action : record.actions) {
    if (!action.undone || record.covers(action.undone->began)) continue;
    by.insert(action.undone->state == Undone::State::CleanByGuard ? "the guard" : "recover");
  }
  if (!by.empty()) return "everything was undone by " + join({by.begin(), by.end()}, " and ");
  return timeline.injection ? "everything was undone" : "nothing had been changed";
}

std::string broken(const Result::Verdict& verdict) {
  const std::size_t more = verdict.reasons.size() - 1;
  std::string text = "not everything was put back: " + verdict.reasons.front().text;
  if (more > 0) text += fmt::format("; and {}", count_of(more, "more change"));
  return text;
}

}  // namespace

std::string headline_of(const Timeline& timeline,
                        const Result& result,
                        const Result::Verdict& verdict) {
  const std::string first = verdict.reasons.empty() ? "" : verdict.reasons.front().text;
  const std::string undone = undone_clause(timeline);
  if (verdict.status == "broken") return sentence(broken(verdict));
  if (verdict.status == "interrupted")
    return sentence(fmt::format("interrupted: {}; {}", first, undone));
  if (verdict.status == "aborted") return sentence(fmt::format("stopped: {}; {}", first, undone));
  if (verdict.status == "inconclusive")
    return sentence(fmt::format("nothing can be concluded: {}", first));
  return sentence(measured(timeline, result, verdict));
}

}  // namespace muster
