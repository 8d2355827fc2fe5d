#include "reports/measure/phases.h"

#include <algorithm>

namespace muster {

namespace {

class PhaseList {
 public:
  explicit PhaseList(double from) : at_(from) {}
  void until(double end, std::string id, std::string name) {
    if (end <= at_) return;
    phases_.push_back({std::move(id), std::move(name), at_, end});
    at_ = end;
  }
  std::vector<Result::Phase> take() { return std::move(phases_); }

 private:
  double at_;
  std::vector<Result::Phase> phases_;
};

std::optional<double> reached(const MilestoneSpan* span) {
  return span == nullptr || span->since_zero.censored ? std::nullopt : span->since_zero.value;
}

}  // namespace

std::vector<Result::Phase> phases_of(const Timeline& timeline, const Milestones& milestones) {
  const double end = timeline.seconds(timeline.end);
  PhaseList phases(timeline.seconds(std::min(timeline.began, timeline.zero)));
  if (!timeline.injection) {
    phases.until(end, "baseline", "Baseline");
    return phases.take();
  }
  phases.until(0, "baseline", "Baseline");
  const double undo = timeline.undo ? timeline.seconds(*timeline.fault_until) : end;
  const auto failover = reached(milestones.leading("failover"));
  const double moved = std::min(failover.value_or(undo), undo);
  if (const auto detected = reached(milestones.leading("detect")); detected && *detected < moved) {
    phases.until(*detected, "undetected", "Undetected");
  }
  phases.until(moved, "failing-over", "Failing over");
  const bool users_hit = failover.value_or(1) > 0;
  phases.until(undo, "recovered", users_hit ? "Failed over" : "Under the fault");
  if (!timeline.undo) return phases.take();
  phases.until(std::min(reached(milestones.leading("recover")).value_or(end), end),
               "rolling-back",
               "Rolling back");
  phases.until(end, "restored", "Restored");
  return phases.take();
}

}  // namespace muster
