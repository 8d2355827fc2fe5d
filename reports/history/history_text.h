#pragma once

#include <string>
#include <vector>

#include "reports/history/history.h"

namespace muster {

/// A table for a terminal, newest first as given: number, when, verdict, failover, failed requests,
/// headline.
std::string render_history(const std::vector<HistoryRun>& runs);

/// How the newest run of one drill that was a fair measurement stands against those before it: each
/// objective's metric, what is usual, and whether that is a standing. Empty where there is no such
/// run, or no objective.
std::string render_standing(const std::vector<HistoryRun>& newest_first);

}  // namespace muster
