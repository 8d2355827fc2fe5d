#pragma once

#include <string_view>

namespace muster {

/// Notes for the operator on stderr, not for reports. The only user of spdlog.
void log_to_stderr(bool verbose);
void log_debug(std::string_view message);
void log_warning(std::string_view message);

}  // namespace muster
