#pragma once

#include <string>

#include "base/tasks.h"
#include "faults/fault.h"

namespace muster {

// The ways to take a region out of service, one file each: `routing` says which of them is used
// here, and with what. They throw Error where it cannot be done, or is done already.

Task<FaultPlan> drain_in_gdnsd(const Params& params, FaultContext context, const Routing& routing);

/// What gdnsd can be told of a region, whatever its health checks say.
enum class GdnsdState { Down, Up };
/// Without a prediction: what follows is the caller's to say.
Task<FaultPlan> force_in_gdnsd(const Params& params,
                               FaultContext context,
                               const Routing& routing,
                               GdnsdState state);
Task<FaultPlan> drain_in_haproxy(const Params& params,
                                 FaultContext context,
                                 const Routing& routing);
Task<FaultPlan> drain_by_http(const Params& params, FaultContext context, const Routing& routing);
Task<FaultPlan> drain_by_command(const Params& params,
                                 FaultContext context,
                                 const Routing& routing);

/// {region} in the stack's words stands for the region that is drained.
std::string with_region(std::string text, std::string_view region);

}  // namespace muster
