#pragma once

#include <vector>

#include "reports/history/history_run.h"
#include "reports/result.h"

namespace muster {

/// Puts into a judged result what the runs before it say: what each metric usually was and how it
/// stands against that, the runs themselves, which settings differ, and where the series last
/// became another one. `newest_first` are runs of the drill, with or without this one.
///
/// A metric that is worse than usual though within its budget becomes a warning, and the detail of
/// the verdict says so; the verdict itself rests on budgets alone and stays what it was.
void put_against_earlier(Result& result, const std::vector<HistoryRun>& newest_first);

/// The places in a series of runs (newest first, at least twelve) from which on a judged metric is
/// on another level, each with everything that moved there; newest first.
std::vector<Result::SeriesStep> steps_of(const std::vector<const HistoryRun*>& newest_first);

}  // namespace muster
