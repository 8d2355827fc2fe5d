#pragma once

#include <optional>
#include <string>

#include "faults/guard/protocol.h"

namespace muster::guard {

/// What a guard exits with.
inline constexpr int kExitClean = 0;
inline constexpr int kExitNotClean = 4;
inline constexpr int kExitRefused = 6;

/// One change from INTENT to CLEAN, driven by frames on stdin, of which `first` was read already if
/// it is there; see docs/guard.md.
int serve(const std::string& directory, std::optional<Frame> first);

}  // namespace muster::guard
