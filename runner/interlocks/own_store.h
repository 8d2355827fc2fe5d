#pragma once

#include <string>
#include <vector>

#include "drills/stack.h"
#include "runner/plan/plan.h"

namespace muster {

/// Which hosts a drill may break on whose break its own memory depends: a host that it changes, or
/// of a region that it takes out, with one of the store's addresses; this machine, where the store
/// is on it. One line each. `store_addresses`: IP literals; none for a file.
std::vector<std::string> why_store_is_in_the_way(const Stack& stack,
                                                 const std::vector<PlannedInject>& planned,
                                                 const std::vector<std::string>& store_addresses);

}  // namespace muster
