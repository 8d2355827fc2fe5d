#include "reports/measure/prediction.h"

#include <algorithm>

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

/// Where a signal probe saw the turn, the time before it belongs to the stages up to "decide", the
/// time after it to "propagate": the half that overran is the one to name.
const Stage& likeliest_slow(const Result::Prediction& prediction,
                            std::optional<double> detected_s) {
  if (!detected_s) return largest(prediction, &Stage::worst_s);
  double before = 0;
  const Stage* control = nullptr;
  const Stage* after = nullptr;
  for (const Stage& stage : prediction.stages) {
    if (stage.name == "propagate") {
      after = &stage;
      continue;
    }
    before += stage.worst_s;
    if (control == nullptr || stage.worst_s > control->worst_s) control = &stage;
  }
  if (control != nullptr && (*detected_s > before || after == nullptr)) return *control;
  return after != nullptr ? *after : largest(prediction, &Stage::worst_s);
}

std::string finding_of(const Result::Prediction& prediction,
                       const Span& measured,
                       std::optional<double> detected_s) {
  const double took = *measured.value;
  const std::string span = human_duration(from_seconds(took));
  if (measured.censored) {
    return fmt::format(
        "the settings allow {}, and it was not over after {}: {} ({}) is probably not what the "
        "stack says",
        window_text(prediction),
        span,
        likeliest_slow(prediction, detected_s).name,
        likeliest_slow(prediction, detected_s).why);
  }
  const bool slow = took > prediction.worst_s;
  const Stage& stage =
      slow ? likeliest_slow(prediction, detected_s) : largest(prediction, &Stage::best_s);
  return fmt::format(
      "{} is {} than the {} that the settings allow: {} ({}) is probably {} than the stack says",
      span,
      slow ? "longer" : "shorter",
      window_text(prediction),
      stage.name,
      stage.why,
      slow ? "more" : "less");
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

/// The slowest failover of the probes that have an objective for it, else the leading probe's:
/// users have moved when the last of them has.
const MilestoneSpan* slowest_failover(const Timeline& timeline, const Milestones& milestones) {
  const MilestoneSpan* slowest = nullptr;
  const auto rank = [](const MilestoneSpan& span) {
    return std::pair(span.since_anchor.censored, span.since_anchor.value.value_or(-1));
  };
  for (const Condition& objective : timeline.record.playbook.objectives) {
    if (objective.metric != "time_to_failover") continue;
    const MilestoneSpan* span = milestones.find("failover", objective.probe);
    if (span == nullptr || !span->since_anchor.value) continue;
    if (slowest == nullptr || rank(*span) > rank(*slowest)) slowest = span;
  }
  return slowest != nullptr ? slowest : milestones.leading("failover");
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
    const MilestoneSpan* detect = milestones.leading("detect");
    prediction.inside = false;
    prediction.finding = finding_of(
        prediction,
        span,
        detect == nullptr || detect->since_zero.censored ? std::nullopt : detect->since_zero.value);
  }
  return prediction;
}

}  // namespace muster
