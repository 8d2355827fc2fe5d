#pragma once

#include "faults/targets.h"

namespace muster {

/// One inline command of Redis's protocol, said from the host to itself. A server that is paused or
/// stopped answers nothing within half a second.
Operation redis_says(const StackService& service, const StackHost& host, std::string_view command);
int redis_port(const StackService& service);

}  // namespace muster
