#include "reports/formats/junit_cases.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

using Outcome = JunitCase::Outcome;

bool is_wrong(const JunitCase& one) {
  return one.outcome == Outcome::Failed || one.outcome == Outcome::Error;
}

JunitCase drill_case(const Result& result) {
  const Result::Verdict& verdict = result.verdict;
  JunitCase out;
  out.name = "The drill comes to a verdict";
  out.seconds = std::chrono::duration<double>(result.run.ended_at - result.run.started_at).count();
  out.output = {verdict.headline, verdict.detail};
  for (const Result::Reason& reason : verdict.reasons)
    out.output.push_back(reason.metric + ": " + reason.text);
  std::erase(out.output, "");
  if (verdict.status == "pass" || verdict.status == "fail") return out;
  out.outcome = Outcome::Error;
  out.type = status_word(verdict.status).status.empty() ? "unknown" : verdict.status;
  out.message = std::string(status_word(verdict.status).word) + ": " + verdict.headline;
  return out;
}

/// "value=38.2 unit=s lo=37.2 hi=39.2 budget=<=30 usually=25 change=worse", for whoever greps.
std::string numbers(const Result::Metric& metric) {
  std::string text = metric.value ? fmt::format("value={:.6g}", *metric.value) : "value=none";
  text += " unit=" + metric.unit;
  if (metric.censored) text += " censored=true";
  if (metric.lo) text += fmt::format(" lo={:.6g}", *metric.lo);
  if (metric.hi) text += fmt::format(" hi={:.6g}", *metric.hi);
  if (metric.budget) text += fmt::format(" budget={}{:.6g}", metric.budget_op, *metric.budget);
  if (metric.history && metric.history->median)
    text += fmt::format(" usually={:.6g}", *metric.history->median);
  if (metric.change) text += " change=" + metric.change->result;
  return text;
}

double seconds_of(const Result::Metric& metric) {
  if (!metric.value || *metric.value < 0) return 0;
  return metric.unit == "s" ? *metric.value : metric.unit == "ms" ? *metric.value / 1e3 : 0;
}

JunitCase metric_case(const Result& result, const Result::Metric& metric) {
  JunitCase out;
  out.group = "objectives";
  out.name = show_name(metric);
  const std::string scope = show_scope(result, metric);
  if (!scope.empty()) out.name += ", " + scope;
  if (metric.budget) out.name += ", budget " + show_budget(metric);
  out.seconds = seconds_of(metric);
  out.output = {numbers(metric), metric.reason};
  if (metric.change) out.output.push_back(metric.change->text);
  std::erase(out.output, "");
  const std::string value = show_metric(metric);
  out.message = metric.reason.starts_with(value) ? metric.reason
                : metric.reason.empty()          ? value
                                                 : value + ": " + metric.reason;
  if (!metric.budget) {
    out.outcome = Outcome::Skipped;
    out.message += "; it has no budget";
  } else if (metric.verdict == "fail") {
    out.outcome = Outcome::Failed;
    out.type = "objective";
  } else if (metric.verdict != "pass" && metric.verdict != "warn") {
    out.outcome = Outcome::Error;
    out.type = "inconclusive";
  }
  return out;
}

/// Conditions are kept as "kind: text (what was seen)"; what an unmet one means depends on its
/// kind. What was seen differs from run to run and is no part of a name.
JunitCase condition_case(const std::string& text, bool held) {
  JunitCase out;
  out.group = "conditions";
  const std::size_t seen = text.ends_with(')') ? text.rfind(" (") : std::string::npos;
  out.name = text.substr(0, seen);
  out.output = {text};
  if (text.starts_with("stop_if: ")) {
    out.outcome = held ? Outcome::Error : Outcome::Passed;
    out.type = "aborted";
    out.message = "this stopped the run";
  } else if (!held) {
    const bool steady = text.starts_with("steady: ");
    out.outcome = steady ? Outcome::Error : Outcome::Failed;
    out.type = steady ? "inconclusive" : "condition";
    out.message = "it did not hold";
  }
  return out;
}

JunitCase clause_case(const Result::Validity& clause) {
  JunitCase out;
  out.group = "measurement";
  out.name = "Fair measurement: " + clause.id;
  out.output = {clause.text};
  if (clause.ok) return out;
  out.outcome = Outcome::Error;
  out.type = "inconclusive";
  out.message = clause.text;
  return out;
}

JunitCase undo_case(const Result::Action& action, bool in_force) {
  JunitCase out;
  out.group = "undo";
  out.name = fmt::format("{} is undone: {}", action.id, action.what);
  out.output = {"undo: " + action.undo_text, "state: " + action.undo_state, action.undo_evidence};
  for (const std::string& left : action.residue) out.output.push_back("left behind: " + left);
  std::erase(out.output, "");
  if (!in_force) return out;
  out.outcome = Outcome::Error;
  out.type = "broken";
  out.message = "it may still be in force; `muster recover` undoes it" +
                (action.error.empty() ? "" : ": " + action.error);
  return out;
}

void make_names_unique(std::vector<JunitCase>& cases) {
  std::map<std::string, int> seen;
  for (JunitCase& one : cases) {
    const int count = ++seen[one.group + '\n' + one.name];
    if (count > 1) one.name += fmt::format(" ({})", count);
  }
}

}  // namespace

std::vector<JunitCase> junit_cases(const Result& result) {
  std::vector<JunitCase> cases = {drill_case(result)};
  for (const Result::Metric& metric : result.metrics) {
    const bool whole = metric.scope_vantage.empty() && metric.scope_phase.empty();
    if (whole || metric.budget) cases.push_back(metric_case(result, metric));
  }
  for (const auto& [text, held] : result.checks) cases.push_back(condition_case(text, held));
  for (const Result::Validity& clause : result.validity) cases.push_back(clause_case(clause));
  const auto open = still_in_force(result);
  for (const Result::Action& action : result.actions) {
    const bool in_force = std::find(open.begin(), open.end(), &action) != open.end();
    cases.push_back(undo_case(action, in_force));
  }
  // A verdict is never greener in one output than in another.
  if (result.verdict.status == "fail" && std::none_of(cases.begin(), cases.end(), is_wrong)) {
    cases.front().outcome = Outcome::Failed;
    cases.front().type = "fail";
    cases.front().message = result.verdict.headline;
  }
  make_names_unique(cases);
  return cases;
}

}  // namespace muster
