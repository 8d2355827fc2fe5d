#pragma once

#include <string>
#include <string_view>

/// How a guard is called where only one fixed command line may be used, as over ssh: what it is to
/// do comes as the first frame on stdin.
namespace muster {

/// Reads exactly one frame from stdin, so that every byte behind it is left for whom it calls, and
/// says which command it stands for: "serve" for Arm, "recover" for Recover, after putting the
/// frame back for Control. Exec turns this process into its program and does not return. Empty,
/// after printing kGreeting, where the input ended before a frame: somebody asked whether a guard
/// is here.
std::string_view command_from_stdin();

/// Where a guard that was told nothing keeps its records: /var/lib/muster/guard for root,
/// ~/.muster/guard for others.
std::string default_directory();

}  // namespace muster
