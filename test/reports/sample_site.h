#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reports/site/views.h"

namespace muster::sample {

// Made-up views of the pages of `muster serve`, all at one moment.

UtcTime site_now();
SiteContext on_call();       ///< may start and stop, nothing is wrong
SiteContext reader();        ///< may only read
SiteContext troubled();      ///< everything is wrong at once
IndexView five_drills();     ///< one failed and worse, one overdue, one never run
ScheduleView december();     ///< turns with and without reasons, past ones of every state
RunsView some_runs();        ///< one of each verdict
LiveRunView failing_over();  ///< two faults in force, the failover counts
LiveRunView just_begun();    ///< the same run 12 s after its start
GateView mixed_gate();       ///< one passes, two are denied

/// Each page, with the name of its file.
std::vector<std::pair<std::string, std::string>> site_pages();
/// The same pages with `text` in front of every text that is not the program's own.
std::vector<std::pair<std::string, std::string>> hostile_site_pages(const std::string& text);

}  // namespace muster::sample
