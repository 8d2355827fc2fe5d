#pragma once

#include <optional>
#include <string_view>

namespace muster {

/// The one plain letter in what was typed at once. Nothing where there is none or several: arrows
/// and the like come as a sequence of letters, and what is pasted as many; none of them is meant
/// for a drill.
std::optional<char> single_key(std::string_view typed);

}  // namespace muster
