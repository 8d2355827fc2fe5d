#pragma once

#include <memory>

#include "base/host.h"
#include "drills/stack.h"

namespace muster {

/// A container of docker or podman, by the engine's own command line. What is inside (processes,
/// files, services) is seen and changed by a guard inside (stdio_host.h), copied to
/// /.muster-guard-<hash>; its packets by a guard of this machine that has entered the container's
/// network namespace, so that its image needs neither tools nor capabilities for it: network(). For
/// that the engine has to be this machine's.
std::unique_ptr<Host> make_container_host(const StackHost& host);

}  // namespace muster
