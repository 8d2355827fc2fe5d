#include "faults/own_channel.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "base/text.h"
#include "faults/nft.h"

namespace muster {
namespace {

using Bytes = std::array<unsigned char, sizeof(in6_addr)>;

/// All of the first `bits` are equal.
bool same_bits(const Bytes& one, const Bytes& other, int bits) {
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const unsigned mask = bits >= 8 ? 0xFFU : 0xFF00U >> static_cast<unsigned>(bits) & 0xFFU;
    if (((one[i] ^ other[i]) & mask) != 0) return false;
  }
  return true;
}

/// Whether `peer`, an address or a prefix, holds the address. Both were checked when they were
/// read.
bool covers(const std::string& peer, const std::string& address) {
  if (is_ipv6(peer) != is_ipv6(address)) return false;
  const int family = is_ipv6(peer) ? AF_INET6 : AF_INET;
  int bits = is_ipv6(peer) ? 128 : 32;
  const std::size_t slash = peer.find('/');
  if (slash != std::string::npos)
    std::from_chars(peer.data() + slash + 1, peer.data() + peer.size(), bits);
  Bytes one{};
  Bytes other{};
  return inet_pton(family, peer.substr(0, slash).c_str(), one.data()) == 1 &&
         inet_pton(family, address.c_str(), other.data()) == 1 && same_bits(one, other, bits);
}

std::string counting_ruleset(const std::string& table, const OwnChannel& channel) {
  std::string text = fmt::format("create table inet {0}\ntable inet {0} {{\n", table);
  text += "  counter leaving { }\n  counter arriving { }\n";
  constexpr std::array<std::array<std::string_view, 3>, 2> kChains = {
      {{"leaving", "output", "daddr"}, {"arriving", "input", "saddr"}}};
  for (const auto& [name, hook, side] : kChains)
    text += fmt::format(
        "  chain {0} {{\n    type filter hook {1} priority -200; policy accept;\n"
        "    {2} counter name \"{0}\" accept\n  }}\n",
        name,
        hook,
        nft_match(channel, side));
  return text + "}\n";
}

}  // namespace

Schema own_channel_fields() {
  return {{.name = "cut_muster_off",
           .type = Type::Flag,
           .help = "hit muster's own ssh connection to the host, too; the guard there undoes once "
                   "it has heard nothing for the host's lease",
           .fallback = "false"}};
}

Task<std::optional<OwnChannel>> spared_channel(const Params& params,
                                               Host& host,
                                               std::vector<std::string> peers) {
  if (params.has("cut_muster_off") && params.flag("cut_muster_off")) co_return std::nullopt;
  std::optional<OwnChannel> channel = co_await host.own_channel();
  const bool hit = channel && std::ranges::any_of(peers, [&](const std::string& peer) {
                     return covers(peer, channel->peer);
                   });
  if (!hit) channel.reset();
  co_return channel;
}

std::string nft_match(const OwnChannel& channel, std::string_view peer_side) {
  return fmt::format("{} {} {} tcp {} {}",
                     is_ipv6(channel.peer) ? "ip6" : "ip",
                     peer_side,
                     channel.peer,
                     peer_side == "daddr" ? "sport" : "dport",
                     channel.port);
}

std::string sparing_text(const std::optional<OwnChannel>& channel) {
  return channel ? fmt::format(", but not muster's own connection from {}", channel->peer) : "";
}

void add_channel_proof(FaultPlan& plan,
                       const FaultContext& context,
                       const StackHost& host,
                       const OwnChannel& channel) {
  Change& change = add_change(
      plan,
      context,
      host,
      fmt::format("on {}, see that the packets of muster's own connection, from {} to port {}, are "
                  "told apart",
                  host.name,
                  channel.peer,
                  channel.port));
  const std::string table = "muster_own_" + short_id(context, host.name);
  change.on_network = true;
  change.resource = "nft:" + table;
  change.apply = exec({"nft", "-f", "-"}, counting_ruleset(table, channel));
  change.verify = exec({"nft", "list", "counters", "table", "inet", table});
  change.verify.lacks = "packets 0 bytes 0";
  change.verify_within = std::chrono::seconds(10);
  change.undo = nft_removal(table, "leaving");
  change.verify_undone = exec({"nft", "list", "tables"});
  change.verify_undone.lacks = table;
}

}  // namespace muster
