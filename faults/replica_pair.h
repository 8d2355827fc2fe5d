#pragma once

#include <string_view>

#include "drills/stack.h"

namespace muster {

/// A primary and one of its replicas, as a playbook's `service` and `replica` name them.
struct ReplicaPair {
  const StackService& service;
  const StackHost& primary;
  const StackHost& replica;
  Where where;
};

/// The `service` and `replica` of every fault on a pair of this kind: postgres or redis.
Schema replica_pair_fields(std::string_view service_help);
/// Throws Error where the service is not of that kind, is protected, or has no such replica.
ReplicaPair replica_pair(const Params& params, const Stack& stack, std::string_view kind);

/// A service of that kind that may be touched; throws Error where it is none.
const StackService& replicated_service(const Params& params,
                                       const Stack& stack,
                                       std::string_view kind);

}  // namespace muster
