#pragma once

#include <functional>
#include <string>

namespace muster {

inline constexpr int kSkipped = 77;  ///< the exit code of a test that cannot run here

/// Runs `work` as process 1 of a user, network, process and mount namespace of its own, so that
/// nothing can leak to the machine; `work` gets an empty folder in memory and returns the exit
/// code. Whatever it started ends with it. Says why and returns kSkipped where that is not
/// permitted.
int in_own_namespaces(const std::function<int(const std::string& root)>& work);

}  // namespace muster
