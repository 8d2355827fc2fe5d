#pragma once

#include <string>

namespace muster {

/// What a guard exits with.
inline constexpr int kExitClean = 0;
inline constexpr int kExitNotClean = 4;
inline constexpr int kExitRefused = 6;

/// One change from INTENT to CLEAN, driven by frames on stdin; see docs/guard.md.
int serve(const std::string& directory);

}  // namespace muster
