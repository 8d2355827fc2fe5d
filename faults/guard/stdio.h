#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "faults/guard/protocol.h"

/// How a guard is called where only one fixed command line may be used, as over ssh: what it is to
/// do comes as the first frame on stdin.
namespace muster::guard {

/// Exactly one frame from stdin, so that every byte behind it is left for whoever is called for it;
/// nothing where the input ended before it. Throws GuardError where half of one came, or none for
/// half a minute.
std::optional<Frame> read_first_frame();

/// Which command this frame stands for: "serve" for Arm, "recover" for Recover. Exec turns this
/// process into its program and does not return. Empty, after printing kGreeting, where there is
/// none: somebody asked whether a guard is here.
std::string_view command_of(const std::optional<Frame>& first);

/// The order in this frame, or in the first one on stdin; throws GuardError where it is not of
/// `type`. Where the frame had to say what we are called for, all records here are of one target:
/// the order has no place then, however the runner calls this host.
Order read_order(std::optional<Frame> first, FrameType type);

/// Where a guard that was told nothing keeps its records: /var/lib/muster/guard for root,
/// ~/.muster/guard for others.
std::string default_directory();

}  // namespace muster::guard
