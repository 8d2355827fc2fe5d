#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace muster {

/// "3 days ago", "in 2 hours", "just now".
std::string show_distance(UtcTime at, UtcTime now);
/// "14 days", "36 hours", "90 minutes": in the largest unit of which there are at least two.
std::string show_length(Duration length);

// Markup:

/// The distance; the date stands in the title, and for programs.
std::string time_element(UtcTime at, UtcTime now);
/// `text` (plain) instead of the distance.
std::string time_element_with(UtcTime at, std::string_view text);
/// `<b class="w-fail"><span aria-hidden="true">✕</span> Failed</b>`
std::string verdict_word(std::string_view status);

/// "drain-us-east, run 48", plain; only the drill where the run has no number yet.
std::string drill_and_run(std::string_view drill, std::int64_t number);

}  // namespace muster
