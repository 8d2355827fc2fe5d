#pragma once

#include <string>
#include <vector>

#include "reports/history/history.h"
#include "reports/history/regression.h"

namespace muster {

/// Enough runs of a drill to find twenty comparable ones where others lie between.
inline constexpr std::size_t kLookedBack = 200;

/// Whether the run was a fair measurement: a failed drill tells as much of what is usual as a
/// passed one.
bool was_fair(const HistoryRun& run);

/// Of the same drill and environment, and by the same measure (series key).
bool measures_the_same(const HistoryRun& a, const HistoryRun& b);

/// Which of the runs `run` may be held against, newest first as given: of the same drill and
/// environment, that measured the same thing (series key), earlier, fairly (pass or fail: a failed
/// drill tells as much of what is usual as a passed one), not a trial of the same group; none from
/// before the newest run that a person accepted as the new normal, or before its trials; at most
/// 20.
std::vector<const HistoryRun*> comparable_runs(const std::vector<HistoryRun>& newest_first,
                                               const HistoryRun& run);

/// One objective's metric of a run, held against the runs before.
struct MetricStanding {
  std::string id, probe, unit;
  std::optional<double> now;  ///< nothing: it was not reached
  Standing standing;
};

/// Every metric of the run that an objective is about, judged together; of all its trials where it
/// has some in `newest_first`. A metric that some of the earlier runs did not have is held against
/// those that did.
std::vector<MetricStanding> standings_of(const std::vector<HistoryRun>& newest_first,
                                         const HistoryRun& run);

}  // namespace muster
