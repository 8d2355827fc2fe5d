#pragma once

#include <string>

#include "reports/site/views.h"

namespace muster {

// The pages of `muster serve`: whole HTML documents, pure functions of what they are given. They
// are complete without script; only the page of a running drill has one, which keeps it fresh.

std::string render_index(const IndexView& view);
std::string render_schedule(const ScheduleView& view);
std::string render_runs(const RunsView& view);
std::string render_live_run(const LiveRunView& view);
std::string render_gate(const GateView& view);
std::string render_login(const LoginView& view);
/// 401 and 403 say how to get in, the others what went wrong and what to do.
std::string render_error(const ErrorView& view);

/// The Content-Security-Policy that has to go with each of them as a header. It names the style
/// sheet and the script by hash, lets forms and events go to this server only, and no frame hold a
/// page.
std::string site_policy();

}  // namespace muster
