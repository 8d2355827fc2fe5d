#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/host.h"

namespace muster {

/// A host reached by putting words before every argv: none for this machine, `nsenter ... --` for a
/// namespace or a lab host, `docker exec -i NAME` for a container. The only user of Boost.Process.
/// Every program gets its own process group, so that a timeout ends its children as well.
std::unique_ptr<Host> make_host(std::string name,
                                std::string reach,
                                std::vector<std::string> prefix);

}  // namespace muster
