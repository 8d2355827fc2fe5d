#pragma once

#include <string>
#include <string_view>

#include "reports/result.h"

namespace muster {

/// How the failure of a run went over time, small enough to be kept with every run and drawn beside
/// others: the share of all users' requests that failed (writes of unknown fate are not failed), in
/// at most 90 bins from a little before the injection until users were well again. Probes that
/// watch the control plane (DNS answers, alerts) are no users. Empty where nothing was injected.
Result::Profile profile_of(const Result& result);

/// One line: "FROM BIN SHARE SHARE ...", a share of three decimals, "-" where nobody asked.
std::string to_text(const Result::Profile& profile);
/// Of a line that is something else: an empty profile.
Result::Profile profile_from(std::string_view text);

}  // namespace muster
