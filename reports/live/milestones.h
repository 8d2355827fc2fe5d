#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/live/live.h"
#include "reports/measure/run_record.h"

namespace muster {

/// One of the instants that a drill is about, while it runs.
struct LiveMilestone {
  enum class Kind { Baseline, Injected, Felt, Detected, FailedOver, Undone, Recovered };
  Kind kind = Kind::Baseline;
  std::string probe;  ///< of Felt, FailedOver, Recovered; of Detected once it is reached
  std::optional<Duration> budget;  ///< how long it may take: the objective's, else the step's
  std::optional<Time> began;       ///< what it counts from; nothing while that lies ahead
  std::optional<Duration> took;    ///< nothing until it is reached

  bool reached() const { return took.has_value(); }
  bool running() const { return began.has_value() && !reached(); }
  /// How long it took, or has taken by `now`; nothing where it has not begun.
  std::optional<Duration> taken(Time now) const;
  /// Whether it took longer than it may, or has by `now`. A baseline only has a length.
  bool over(Time now) const;
  /// "baseline", "injected", "impact", "detected", "failover", "undone", "recovery".
  std::string_view name() const;
};

/// Follows one run: which milestones lie ahead, count, or are reached. One that is reached stays
/// so, for the samples that say it are forgotten in time.
class LiveMilestones {
 public:
  /// Those which the playbook has a budget or a step for, in the order in which they are expected.
  explicit LiveMilestones(const Playbook& playbook);

  /// Looks again. Returns those that were reached since the last look, oldest first.
  std::vector<LiveMilestone> look(const RunRecord& record, const LiveMetrics& live, Time now);
  const std::vector<LiveMilestone>& all() const { return all_; }

 private:
  static void look_at(LiveMilestone& one,
                      const RunRecord& record,
                      const LiveMetrics& live,
                      Time now);
  std::vector<LiveMilestone> all_;
};

/// Where the run is, in a word or two: "baseline", "failing over", "recovering".
std::string_view phase_of(const std::vector<LiveMilestone>& all);

}  // namespace muster
