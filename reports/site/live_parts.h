#pragma once

#include <string>

#include "reports/site/views.h"

namespace muster {

// The parts of a running drill's page that its script redraws: reports/web/progress.ts writes the
// same elements, and test/browser compares the two.

/// A milestone with its budget, as one of the page's key figures.
std::string live_figure(const LiveMilestoneRow& row);
std::string live_step(const LiveStepRow& row);
std::string live_change(const LiveChangeRow& row);
std::string live_users(const LiveUsersRow& row);
/// A row of the table of events; the clock is UTC.
std::string live_event(const LiveEventRow& row, UtcTime started);

}  // namespace muster
