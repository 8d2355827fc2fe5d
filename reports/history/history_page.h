#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/history/history_run.h"

namespace muster {

/// The runs of one or several drills as one HTML file without script: a row a run with its failure
/// profile, all aligned at the injection, and between the rows what changed there: settings, new
/// levels (earlier.h), acceptances. `newest_first` may hold runs of several drills and
/// environments; each gets a part of its own. `link` gives the address of a run's report, or "".
std::string render_history_page(const std::vector<HistoryRun>& newest_first,
                                const std::function<std::string(const HistoryRun&)>& link);

}  // namespace muster
