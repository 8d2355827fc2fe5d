#pragma once

#include <string>
#include <string_view>

namespace muster {

/// "sha256:" and 64 hex digits.
std::string sha256(std::string_view bytes);

}  // namespace muster
