#include "faults/nft.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "faults/own_channel.h"
#include "faults/targets.h"

namespace muster {
namespace {

enum class Family { V4, V6 };

std::vector<std::string> of_family(const std::vector<std::string>& addresses, Family family) {
  std::vector<std::string> chosen;
  for (const std::string& address : addresses)
    if (is_ipv6(address) == (family == Family::V6)) chosen.push_back(address);
  return chosen;
}

bool has_prefix(const std::vector<std::string>& addresses) {
  return std::ranges::any_of(
      addresses, [](const std::string& text) { return text.find('/') != std::string::npos; });
}

std::string set_text(std::string_view name,
                     std::vector<std::string> addresses,
                     std::optional<Duration> expires,
                     Family family) {
  std::vector<std::string> flags;
  if (has_prefix(addresses)) flags.emplace_back("interval");
  if (expires) flags.emplace_back("timeout");
  if (expires)
    for (std::string& address : addresses)
      address += fmt::format(" timeout {}s", std::llround(std::ceil(to_seconds(*expires))));

  const std::string_view type = family == Family::V4 ? "ipv4_addr" : "ipv6_addr";
  std::string text = fmt::format("  set {} {{\n    type {}\n", name, type);
  if (!flags.empty()) text += fmt::format("    flags {}\n", join(flags, ", "));
  return text +
         fmt::format("    elements = {{\n      {}\n    }}\n  }}\n", join(addresses, ",\n      "));
}

std::string sets_text(const PacketDrop& drop, Family family, std::string_view suffix) {
  const std::vector<std::string> peers = of_family(drop.peers, family);
  const std::vector<std::string> spared = of_family(drop.spared, family);
  if (peers.empty()) return "";
  std::string text = set_text(fmt::format("peers{}", suffix), peers, drop.expires, family);
  if (!spared.empty())
    text += set_text(fmt::format("spared{}", suffix), spared, std::nullopt, family);
  return text;
}

/// One rule: which packets, and drop them. `side` is the peer's side of the packet: "daddr" or
/// "saddr".
std::string rule_text(const PacketDrop& drop, Family family, std::string_view side) {
  const std::string_view suffix = family == Family::V4 ? "4" : "6";
  const std::string_view header = family == Family::V4 ? "ip" : "ip6";
  if (of_family(drop.peers, family).empty()) return "";
  std::string rule = fmt::format("    {} {} @peers{}", header, side, suffix);
  if (!of_family(drop.spared, family).empty())
    rule += fmt::format(" {} {} != @spared{}", header, side, suffix);
  if (drop.peer_port)
    rule += fmt::format(" tcp {} {}", side == "daddr" ? "dport" : "sport", *drop.peer_port);
  if (drop.larger_than) rule += fmt::format(" meta length > {}", *drop.larger_than);
  if (drop.share && *drop.share < 0.9999)  // nft takes no bound that always holds
    rule += fmt::format(" numgen random mod 10000 < {}", std::lround(*drop.share * 10000));
  return rule + " counter name \"dropped\" drop\n";
}

std::string chain_text(const PacketDrop& drop,
                       std::string_view name,
                       std::string_view hook,
                       std::string_view side,
                       std::string_view interface) {
  std::string text = fmt::format(
      "  chain {} {{\n    type filter hook {} priority -200; policy accept;\n", name, hook);
  // What a host says to itself is never on the network, whatever address it uses for it.
  text += fmt::format("    {} \"lo\" accept\n", interface);
  if (drop.own) text += fmt::format("    {} accept\n", nft_match(*drop.own, side));
  for (const std::string& spared : drop.spared_interfaces)
    text += fmt::format("    {} \"{}\" accept\n", interface, spared);
  text += rule_text(drop, Family::V4, side) + rule_text(drop, Family::V6, side);
  return text + "  }\n";
}

}  // namespace

std::string nft_ruleset(const PacketDrop& drop) {
  std::string text = fmt::format("create table inet {0}\ntable inet {0} {{\n", drop.table);
  text += "  counter dropped { }\n";
  text += sets_text(drop, Family::V4, "4") + sets_text(drop, Family::V6, "6");
  if (drop.leaving) text += chain_text(drop, "leaving", "output", "daddr", "oifname");
  if (drop.arriving) text += chain_text(drop, "arriving", "input", "saddr", "iifname");
  return text + "}\n";
}

void drop_packets(Change& change, const PacketDrop& drop) {
  change.on_network = true;
  change.resource = "nft:" + drop.table;
  change.undo_class = UndoClass::SelfExpiring;
  change.apply = exec({"nft", "-f", "-"}, nft_ruleset(drop));
  change.verify = exec({"nft", "list", "counter", "inet", drop.table, "dropped"});
  change.verify.lacks = "packets 0 bytes 0";
  change.undo = nft_removal(drop.table, "dropped");
  change.undo.contains = fmt::format("table inet {} {{\n\tcounter dropped {{", drop.table);
  // Counters alone would not tell of a table that has none.
  change.verify_undone = exec({"nft", "list tables; list counters"});
  change.verify_undone.lacks = drop.table;
}

Operation nft_removal(const std::string& table, std::string_view counter) {
  return exec({"nft", "-f", "-"},
              fmt::format("flush table inet {0}\ndelete counter inet {0} {1}\n"
                          "delete table inet {0}\n",
                          table,
                          counter));
}

Operation nft_lists(const std::string& table) {
  Operation list = exec({"nft", "list", "table", "inet", table});
  list.contains = "counter name \"dropped\" drop";
  return list;
}

}  // namespace muster
