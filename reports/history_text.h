#pragma once

#include <string>
#include <vector>

#include "reports/history.h"

namespace muster {

/// A table for a terminal, newest first as given: number, when, verdict, failover, failed requests,
/// headline.
std::string render_history(const std::vector<HistoryRun>& runs);

/// Two runs side by side, for `muster compare`: verdicts, every overall metric with its difference,
/// and what of the environment differs. Says so first where the runs do not measure the same thing.
std::string render_comparison(const Result& before, const Result& after);

}  // namespace muster
