#pragma once

#include <map>
#include <string>

#include "reports/site/views.h"
#include "runner/serve/desk.h"
#include "runner/serve/turns_ahead.h"

namespace muster {

// What each page shows, gathered from the store, the runs on this machine and the scheduler. None
// of them throws: what cannot be asked stands in the page as such.

SiteContext site_context(const Desk& desk, SiteViewer viewer);
/// Of every drill, planned ones with what they wait for; nothing where the store cannot be asked.
Task<KnownTurns> known_turns(const Desk& desk);
Task<IndexView> index_view(const Desk& desk, SiteViewer viewer);
Task<ScheduleView> schedule_view(const Desk& desk, SiteViewer viewer);
/// `drill`, `verdict` and `page` (from 1) as the query has them; what is no such thing counts as
/// left out.
Task<RunsView> runs_view(const Desk& desk,
                         SiteViewer viewer,
                         std::map<std::string, std::string> query);
LiveRunView live_run_view(const Desk& desk, SiteViewer viewer, const RunningTurn& turn);

}  // namespace muster
