#pragma once

#include <memory>

#include "base/host.h"
#include "drills/stack.h"

namespace muster {

/// A host behind ssh, by a guard that speaks frames there (stdio_host.h), copied by sftp to
/// .muster/guard-<hash> in the home of the login.
std::unique_ptr<Host> make_ssh_host(const StackHost& host);

}  // namespace muster
