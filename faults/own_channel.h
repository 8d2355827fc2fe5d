#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/targets.h"

namespace muster {

// A fault on a host that is reached over the network may hit the very connection by which its guard
// is told to undo. It is spared, unless the playbook asks for it to be hit.

/// `cut_muster_off`.
Schema own_channel_fields();

/// Our own connection to the host, where a fault towards `peers` (addresses and prefixes) would hit
/// it and has to leave it alone.
Task<std::optional<OwnChannel>> spared_channel(const Params& params,
                                               Host& host,
                                               std::vector<std::string> peers);

/// Adds a change, to be in force before and after the fault itself (order 0), that drops nothing
/// and counts the packets of our own connection, there and back, by the very rule that spares them.
/// Where it counts none, the fault is not injected.
void add_channel_proof(FaultPlan& plan,
                       const FaultContext& context,
                       const StackHost& host,
                       const OwnChannel& channel);

/// What follows `what` of a change that spares it.
std::string sparing_text(const std::optional<OwnChannel>& channel);

/// As nft says it: "ip saddr 10.9.0.1 tcp dport 22". `peer_side` is the peer's side of the packet:
/// "daddr" or "saddr".
std::string nft_match(const OwnChannel& channel, std::string_view peer_side);

}  // namespace muster
