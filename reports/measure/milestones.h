#pragma once

#include <string>
#include <vector>

#include "reports/measure/timeline.h"
#include "reports/result.h"

// When users were hit, when they were served again, when the system came back.
//
// A request is bad if its outcome is not Good; while the fault is in force also if one of the
// regions taken out answered it. Of the requests of one probe from one vantage, in the order due:
//
//   impact     the first failed one due between the first change and the first undo
//   failover   from t0 to the start of the first window of the probe's `settle` in which every
//              request due is good. Where users were hit at all, the window is looked for after the
//              first bad request: a slow fault that bites late is not over before it began. The
//              window must have been seen whole before the first undo; else it is censored.
//   recover    the same from the undo until the end of the run; regions no longer count
//   detect     the first answer of a signal probe that it never gave before the fault
//
// Nothing bad at all: no impact, and the value of failover and recover is 0, in
// [0, one period]: what went wrong between two requests was not seen.
// The bracket of every edge and anchor is derived in spans.h.
namespace muster {

/// One measured span of one probe, at one vantage or ("") at the worst.
struct MilestoneSpan {
  std::string id;
  std::string probe;
  std::string vantage;
  std::string rule;
  Span since_anchor;  ///< from the fault; recover: from the undo
  Span since_zero;    ///< from t0
};

struct Milestones {
  std::vector<MilestoneSpan> spans;  ///< by id, then the probe's worst before its vantages
  std::vector<Result::ClientSpread> clients;

  /// nullptr where it was not measured, which is also so for an impact that never came.
  const MilestoneSpan* find(std::string_view id,
                            std::string_view probe,
                            std::string_view vantage = "") const;
  /// Of the leading probe, at the worst vantage.
  const MilestoneSpan* leading(std::string_view id) const;
};

Milestones find_milestones(const Timeline& timeline);
std::vector<Result::Milestone> milestone_table(const Milestones& milestones);

/// The edge of the impact; Absent where there was none.
Edge impact_edge(const Timeline& timeline, const Stream& stream);
/// The first answer of a signal series that it never gave before the fault.
Edge sign_edge(const Timeline& timeline, const SampleSeries& series);
/// The edge of the failover (`after_undo` false) or of the recovery.
Edge good_again_edge(const Timeline& timeline, const Stream& stream, bool after_undo);

}  // namespace muster
