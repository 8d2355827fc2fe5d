#pragma once

#include <string>

#include "drills/stack.h"
#include "faults/change.h"
#include "faults/fault.h"
#include "faults/replica_pair.h"

namespace muster {

/// How the host's server is connected to, as the stack says; throws Error where it does not.
std::string dsn_of(const StackService& service, const StackHost& host, const Where& where);
/// One statement by psql: only its rows are printed. Needs no secret: what the server asks for is
/// in the host's own ~/.pgpass.
Operation psql(const std::string& dsn, std::string statement);

/// As the primary sees it: the replica is connected and follows.
Operation replica_streams(const ReplicaPair& pair);
/// Refuses where it does not, with what that would mean. Not at its turn: by then an earlier step
/// may have stopped the primary, or the replica may be on its way back from one.
Task<> require_streaming(ReplicaPair pair, FaultContext context, std::string meaning);

}  // namespace muster
