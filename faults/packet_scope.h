#pragma once

#include <optional>
#include <string>
#include <vector>

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

/// Whether the host exchanges packets with somebody in the scope right now, over TCP: then a fault
/// must hit some of them. A prefix other than "everybody" is not looked into; a connection of our
/// own that is spared does not count.
Task<bool> exchanges_packets(Host& host,
                             PacketScope scope,
                             std::optional<OwnChannel> spared = std::nullopt);

}  // namespace muster
