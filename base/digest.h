#pragma once

#include <string>
#include <string_view>

namespace muster {

/// "sha256:" and 64 hex digits.
std::string sha256(std::string_view bytes);
/// In base 64, as a Content-Security-Policy names a style or script: "sha256-...=".
std::string sha256_for_csp(std::string_view bytes);

std::string base64(std::string_view bytes);

}  // namespace muster
