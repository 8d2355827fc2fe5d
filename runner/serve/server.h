#pragma once

#include <string>

#include "base/tasks.h"
#include "runner/settings/settings.h"

namespace muster {

struct ServerOptions {
  bool json_log = false;
  std::string port_file;  ///< where the port it listens on is written; for tests and port 0
};

/// `muster serve`: runs drills on schedule, shows results and answers the gate, until SIGTERM or
/// Ctrl-C; then every running drill undoes everything, and its end is waited for. Returns the exit
/// code. Throws UsageError for settings it must not serve, Error where it cannot listen.
Task<int> serve(Settings settings, ServerOptions options);

/// Reads everything that serving would read, and says what is wrong or in doubt.
std::string check_settings(const Settings& settings);

}  // namespace muster
