#include "reports/judge/verdict.h"

#include <algorithm>

#include "base/text.h"
#include "reports/judge/validity.h"

namespace muster {

namespace {

using Reasons = std::vector<Result::Reason>;

Reasons broken_reasons(const Timeline& timeline) {
  Reasons reasons;
  for (const ActionRecord& action : timeline.record.actions) {
    if (!still_in_force(action)) continue;
    const std::string why = !action.undone ? "it was never undone"
                            : action.undone->evidence.empty()
                                ? std::string(name_of(action.undone->state))
                                : action.undone->evidence;
    reasons.push_back({"undo",
                       fmt::format("{} may still be in force: {}; undo: {}",
                                   described(action.change),
                                   why,
                                   action.change.undo.text())});
  }
  return reasons;
}

Reasons validity_reasons(const Result& result) {
  Reasons reasons;
  for (const Result::Validity& validity : result.validity) {
    if (!validity.ok) reasons.push_back({validity.id, validity.text});
  }
  return reasons;
}

Reasons objective_reasons(const Result& result, std::string_view verdict) {
  Reasons reasons;
  for (const Result::Metric& metric : result.metrics) {
    if (metric.verdict == verdict) reasons.push_back({metric.id, metric.reason});
  }
  return reasons;
}

Reasons check_reasons(const Timeline& timeline) {
  Reasons reasons;
  for (const CheckRecord& check : timeline.record.checks) {
    if (check.held || (check.kind != "await" && check.kind != "expect")) continue;
    const std::string saw =
        check.saw.empty() ? fmt::format("not within {}", human_duration(check.waited)) : check.saw;
    reasons.push_back({check.kind, fmt::format("{}: {}", check.text, saw)});
  }
  return reasons;
}

Result::Verdict make(std::string status, int exit_code, Reasons reasons) {
  Result::Verdict verdict;
  verdict.status = std::move(status);
  verdict.exit_code = exit_code;
  verdict.reasons = std::move(reasons);
  return verdict;
}

Reasons joined(Reasons first, const Reasons& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Result::Verdict by_precedence(const Timeline& timeline, const Result& result) {
  const RunRecord& record = timeline.record;
  if (Reasons broken = broken_reasons(timeline); !broken.empty())
    return make("broken", 4, std::move(broken));
  if (record.state == RunState::Interrupted) {
    return make("interrupted",
                130,
                {{"run", record.abort_reason.empty() ? "interrupted" : record.abort_reason}});
  }
  if (record.state == RunState::Aborted) {
    return make(
        "aborted", 5, {{"run", record.abort_reason.empty() ? "stopped" : record.abort_reason}});
  }
  const Reasons unfair =
      joined(validity_reasons(result), objective_reasons(result, "inconclusive"));
  if (!unfair.empty()) return make("inconclusive", 3, unfair);
  const Reasons missed = joined(objective_reasons(result, "fail"), check_reasons(timeline));
  if (!missed.empty()) return make("fail", 1, missed);
  return make("pass", 0, objective_reasons(result, "pass"));
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string detail_of(const Timeline& timeline, const Result& result) {
  std::size_t requests = 0;
  for (const Stream& stream : timeline.streams) requests += stream.requests.size();
  std::string detail;
  if (const Result::Validity* partial = partial_clause(result))
    detail = capitalized(partial->text) + ". ";
  detail += fmt::format(
      "{} from {}.", count_of(requests, "request"), count_of(result.vantages.size(), "vantage"));
  if (result.prediction && !result.prediction->inside) {
    detail += " " + capitalized(result.prediction->finding) + ".";
  }
  if (timeline.record.playbook.objectives.empty()) detail += " The playbook names no objectives.";
  return detail;
}

}  // namespace

Result::Verdict verdict_of(const Timeline& timeline, const Result& result) {
  Result::Verdict verdict = by_precedence(timeline, result);
  verdict.headline = headline_of(timeline, result, verdict);
  verdict.detail = detail_of(timeline, result);
  return verdict;
}

}  // namespace muster
