#include "reports/measure/prediction.h"

#include <algorithm>

#include "base/text.h"

namespace muster {

namespace {

using Stage = Result::Prediction::Stage;

std::string window_text(const Result::Prediction& prediction) {
  return fmt::format("{} to {}",
                     human_duration(from_seconds(prediction.best_s)),
                     human_duration(from_seconds(prediction.worst_s)));
}

const Stage& largest(const Result::Prediction& prediction, double Stage::*part) {
  return *std::max_element(prediction.stages.begin(),
                           prediction.stages.end(),
                           [&](const Stage& a, const Stage& b) { return a.*part < b.*part; });
}

/// Who answered a dns probe: the name servers themselves, or the resolvers of users, whose answer
/// may be older by a TTL.
enum class Asked { NameServers, Resolvers };

/// When the new answer was there, for users at this vantage: the last of several servers counts,
/// and one that never gave it. What a name server tells other users says nothing of these where it
/// stays the same, since it may send each region elsewhere.
std::optional<Span> new_answer(const Timeline& timeline, Asked asked, const std::string& vantage) {
  std::optional<Span> here, elsewhere;
  for (const SampleSeries& series : timeline.record.series) {
    const ProbeSpec* probe = timeline.record.playbook.probe(series.probe);
    if (probe == nullptr || probe->kind != "dns") continue;
    if (probe->params.has("server") != (asked == Asked::NameServers)) continue;
    const Edge edge = sign_edge(timeline, series);
    if (edge.state == Edge::State::Absent) continue;
    const Span span = span_between(*timeline.injection, edge, Duration::zero(), Duration::zero());
    if (series.vantage == vantage)
      here = here ? longest(*here, span) : span;
    else if (asked == Asked::NameServers && !span.censored)
      elsewhere = elsewhere ? shortest(*elsewhere, span) : span;
  }
  return here ? here : elsewhere;
}

/// The stages of which one is probably not what the stack says, and what that is concluded from.
struct Suspicion {
  std::string because;
  std::vector<Stage> stages;
};

std::string after_text(const Span& span) {
  return human_duration(from_seconds(*span.value));
}

/// The likeliest reasons for a failover that took too long or never came. Up to the new answer of
/// the name servers the time belongs to "detect" and "decide", from there on to "propagate": the
/// one that is further beyond its setting is at fault. A resolver alone cannot tell a late decision
/// from an answer that it kept for too long.
Suspicion suspicion_of_slowness(const Timeline& timeline,
                                const Result::Prediction& prediction,
                                const Span& measured,
                                const std::string& vantage) {
  Suspicion control, after;
  double until_decided = 0;
  // How much longer than `allowed` users were kept waiting for the new answer, and after it.
  const auto comes_late = [&](const Span& told, double allowed, double allowed_after) {
    const double waited_after = *measured.value - told.hi.value_or(*told.value);
    return told.censored || told.lo.value_or(0) - allowed > waited_after - allowed_after;
  };
  for (const Stage& stage : prediction.stages) {
    const bool propagates = stage.name == "propagate";
    if (!propagates) until_decided += stage.worst_s;
    if (stage.worst_s > 0) (propagates ? after : control).stages.push_back(stage);
  }
  if (control.stages.empty() || after.stages.empty())
    return {"", control.stages.empty() ? after.stages : control.stages};

  if (const auto told = new_answer(timeline, Asked::NameServers, vantage)) {
    const bool late = comes_late(*told, until_decided, prediction.worst_s - until_decided);
    Suspicion& at_fault = late ? control : after;
    at_fault.because = told->censored ? "the name servers never gave a new answer"
                                      : fmt::format("the name servers gave a new answer after {}",
                                                    after_text(*told));
    return at_fault;
  }
  Suspicion any = control;
  any.stages.insert(any.stages.end(), after.stages.begin(), after.stages.end());
  if (const auto told = new_answer(timeline, Asked::Resolvers, vantage)) {
    const bool in_time = !comes_late(*told, prediction.worst_s, 0);
    Suspicion& at_fault = in_time ? after : any;
    at_fault.because =
        in_time ? fmt::format("the users' resolvers gave a new answer after {}", after_text(*told))
                : "the users' resolvers gave no new answer in time and no probe asks the name "
                  "servers themselves";
    return at_fault;
  }
  if (measured.censored) return any;
  return {"", {largest(prediction, &Stage::worst_s)}};
}

std::string stages_text(const std::vector<Stage>& stages) {
  std::vector<std::string> texts;
  texts.reserve(stages.size());
  for (const Stage& stage : stages) texts.push_back(fmt::format("{} ({})", stage.name, stage.why));
  return join(texts, " or ");
}

std::string finding_of(const Timeline& timeline,
                       const Result::Prediction& prediction,
                       const Span& measured,
                       const std::string& vantage) {
  const double took = *measured.value;
  const std::string span = human_duration(from_seconds(took));
  if (!measured.censored && took <= prediction.worst_s) {
    return fmt::format(
        "{} is shorter than the {} that the settings allow: {} is probably less than "
        "the stack says",
        span,
        window_text(prediction),
        stages_text({largest(prediction, &Stage::best_s)}));
  }
  const Suspicion suspicion = suspicion_of_slowness(timeline, prediction, measured, vantage);
  return fmt::format(
      "{}: {}{} is probably {} the stack says",
      measured.censored
          ? fmt::format("the settings allow {}, and it was not over after {}",
                        window_text(prediction),
                        span)
          : fmt::format(
                "{} is longer than the {} that the settings allow", span, window_text(prediction)),
      suspicion.because.empty() ? "" : suspicion.because + ", so ",
      stages_text(suspicion.stages),
      measured.censored ? "not what" : "more than");
}

/// Failures of any probe are what "no user is expected to notice" is held against.
void judge_unaffected(const Milestones& milestones, Result::Prediction& prediction) {
  for (const MilestoneSpan& span : milestones.spans) {
    if (span.id != "impact" || !span.vantage.empty() || !span.since_zero.value) continue;
    prediction.inside = false;
    prediction.finding =
        fmt::format("no user was expected to notice, but requests of {} failed", span.probe);
    return;
  }
}

/// Users who keep an answer for longer than its TTL on purpose: no setting of the stack holds them.
bool keeps_answers(const Timeline& timeline, const std::string& name) {
  const ProbeSpec* probe = timeline.record.playbook.probe(name);
  if (probe == nullptr || probe->kind == "dns") return false;
  const Params keeping = probe->params.object("dns");
  return (keeping.has("at_least") && keeping.duration("at_least") > Duration::zero()) ||
         (keeping.has("ttl") && keeping.text("ttl") == "ignore");
}

/// The slowest failover of the probes that have an objective for it, else the leading probe's:
/// users have moved when the last of them has.
const MilestoneSpan* slowest_failover(const Timeline& timeline, const Milestones& milestones) {
  const MilestoneSpan* slowest = nullptr;
  const auto rank = [](const MilestoneSpan& span) {
    return std::pair(span.since_anchor.censored, span.since_anchor.value.value_or(-1));
  };
  for (const Condition& objective : timeline.record.playbook.objectives) {
    if (objective.metric != "time_to_failover" || keeps_answers(timeline, objective.probe))
      continue;
    const MilestoneSpan* span = milestones.find("failover", objective.probe);
    if (span == nullptr || !span->since_anchor.value) continue;
    if (slowest == nullptr || rank(*span) > rank(*slowest)) slowest = span;
  }
  return slowest != nullptr ? slowest : milestones.leading("failover");
}

/// Where that failover was seen to take so long.
std::string slowest_vantage(const Milestones& milestones, const MilestoneSpan& overall) {
  for (const MilestoneSpan& span : milestones.spans) {
    if (span.id == overall.id && span.probe == overall.probe && !span.vantage.empty() &&
        span.since_anchor.value == overall.since_anchor.value &&
        span.since_anchor.censored == overall.since_anchor.censored)
      return span.vantage;
  }
  return "";
}

}  // namespace

std::optional<Result::Prediction> compare_prediction(const Timeline& timeline,
                                                     const Milestones& milestones) {
  const RunRecord& record = timeline.record;
  if (record.predicted.empty() && !record.users_unaffected) return std::nullopt;
  Result::Prediction prediction;
  prediction.users_unaffected = record.users_unaffected;
  for (const PredictedStage& stage : record.predicted) {
    prediction.stages.push_back(
        {stage.name, stage.why, to_seconds(stage.best), to_seconds(stage.worst)});
    prediction.best_s += to_seconds(stage.best);
    prediction.worst_s += to_seconds(stage.worst);
  }
  const MilestoneSpan* failover = slowest_failover(timeline, milestones);
  if (failover != nullptr && !failover->since_anchor.censored)
    prediction.measured_s = failover->since_anchor.value;
  if (record.users_unaffected) judge_unaffected(milestones, prediction);
  if (failover == nullptr || prediction.stages.empty()) return prediction;
  const Span& span = failover->since_anchor;
  const bool slow =
      span.censored ? *span.value > prediction.worst_s : span.lo.value_or(0) > prediction.worst_s;
  // Never hit at all is not "faster than the settings allow".
  const bool fast = !span.censored && *span.value > 0 && span.hi.value_or(0) < prediction.best_s;
  if (slow || fast) {
    prediction.inside = false;
    prediction.finding =
        finding_of(timeline, prediction, span, slowest_vantage(milestones, *failover));
  }
  return prediction;
}

}  // namespace muster
