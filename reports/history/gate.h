#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/history/history.h"

namespace muster {

struct GateQuestion {
  std::string drill;
  Duration max_age = std::chrono::hours(24 * 7);
  std::string for_version;  ///< empty: any
  std::string environment;  ///< empty: any
  /// Within its budgets but worse than usual, and confirmed by trials, denies too. One run alone
  /// never does; a run that was held against nothing does.
  bool no_regression = false;
};

/// What the gate may look at. Each part that could not be read is an error text, and denies.
struct GateEvidence {
  std::vector<HistoryRun> runs;  ///< of the drill, newest first
  std::string history_error;
  std::optional<Result> result;  ///< result.json of the newest run, read back from disk
  std::string result_error;
  std::vector<std::string> unclean;  ///< faults that may still be in force, one line each
  /// Ids of runs of this drill that have ended and never came into the history.
  std::vector<std::string> unremembered;
  std::string lever;  ///< the engaged safety lever, one line; or empty
  UtcTime now;
};

struct GateAnswer {
  bool allow = false;
  std::vector<std::string> reasons;  ///< one line each; for an allow: what it rests on
  std::string run;                   ///< id it rests on, or ""
};

/// Pure and total: allow iff every clause of the list holds, everything else denies with a reason
/// for each clause that does not. The newest run of the drill counts, never an older pass behind a
/// newer failure.
GateAnswer decide(const GateQuestion& question, const GateEvidence& evidence);

}  // namespace muster
