#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/host.h"
#include "faults/change.h"

namespace muster {

/// Packets to drop on one host, as one nft table of our own. The addresses lie in sets whose
/// elements the kernel itself lets expire, so that the fault ends at its deadline whoever has died
/// by then.
struct PacketDrop {
  std::string table;                ///< "muster_1a2b3c4d"
  std::vector<std::string> peers;   ///< addresses or prefixes, IPv4 and IPv6 mixed; not empty
  std::vector<std::string> spared;  ///< addresses within `peers` to leave alone
  std::vector<std::string> spared_interfaces;  ///< what passes them is left alone as well
  bool leaving = true;                         ///< packets this host sends to peers
  bool arriving = true;                        ///< packets it gets from them
  std::optional<int> peer_port;                ///< only TCP, with this port on the peer's side
  std::optional<double> share;     ///< each packet with this probability; all of them where absent
  std::optional<int> larger_than;  ///< bytes, of the whole packet; all of them where absent
  std::optional<OwnChannel> own;   ///< a connection to leave alone though it is with a peer
  Duration expires{};
};

/// For `nft -f -`. `create` makes it fail rather than add to a table that is there already; the
/// kernel takes all of it or nothing.
std::string nft_ruleset(const PacketDrop& drop);

/// Fills in the operations of a change that drops these packets. Its effect counts as seen once a
/// packet was dropped.
void drop_packets(Change& change, const PacketDrop& drop);

/// The undo of a table that has a counter of this name. The kernel refuses it as a whole where the
/// table has none, and is somebody else's; where it is gone, too, and that is seen.
Operation nft_removal(const std::string& table, std::string_view counter);

/// For hosts that send nothing which could be dropped: the kernel lists the rules.
Operation nft_lists(const std::string& table);

}  // namespace muster
