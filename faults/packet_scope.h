#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/own_channel.h"
#include "faults/targets.h"

namespace muster {

/// Which of a host's packets a fault is about.
struct PacketScope {
  std::vector<std::string> peers;   ///< addresses and prefixes
  std::vector<std::string> spared;  ///< addresses within `peers` that are left alone
  std::string text;                 ///< "eu-west"
};

/// `towards`.
Schema scope_fields();

/// Without `towards`: everybody; but of a region its own hosts are spared, so that its inside stays
/// whole.
PacketScope packet_scope(const Params& params,
                         const Stack& stack,
                         const std::vector<const StackHost*>& hosts);

/// Whether packets from and to this address are in the scope. A prefix other than "everybody" is
/// not looked into.
bool includes(const PacketScope& scope, std::string_view address);

/// Whether the host exchanges packets with somebody in the scope right now, over TCP: then a fault
/// must hit some of them. A prefix other than "everybody" is not looked into; a connection of our
/// own that is spared does not count.
Task<bool> exchanges_packets(Host& host,
                             PacketScope scope,
                             std::optional<OwnChannel> spared = std::nullopt);

/// A host whose packets are going to be dropped.
struct DroppingHost {
  const StackHost* host = nullptr;
  std::optional<OwnChannel> own;  ///< our own connection, to be spared
  bool talks = false;             ///< with somebody in the scope, just now
  /// It has to be seen to drop something. A quiet one need not, but where all of them are quiet the
  /// fault would count as in force though nobody ever felt it: then each has to.
  bool has_to_drop = true;
};

/// Looks at each of the hosts, in their order.
Task<std::vector<DroppingHost>> dropping_hosts(Params params,
                                               FaultContext context,
                                               std::vector<const StackHost*> hosts,
                                               PacketScope scope);

}  // namespace muster
