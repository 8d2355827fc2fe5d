#include "faults/packet_scope.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace muster {
namespace {

constexpr std::string_view kEverybody4 = "0.0.0.0/0";
constexpr std::string_view kEverybody6 = "::/0";

bool holds(const std::vector<std::string>& addresses, std::string_view address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

/// "10.2.0.20:51234", "[::ffff:10.2.0.20]:51234" -> "10.2.0.20"
std::string_view peer_address(std::string_view endpoint) {
  endpoint = endpoint.substr(0, endpoint.rfind(':'));
  if (endpoint.starts_with('[')) endpoint = endpoint.substr(1, endpoint.size() - 2);
  if (endpoint.starts_with("::ffff:")) endpoint.remove_prefix(7);
  return endpoint;
}

/// How long a connection of `ss -i` has been silent: the least of lastsnd, lastrcv and lastack.
Duration silence_of(const std::vector<std::string>& words) {
  Duration silence = std::chrono::hours(1);
  for (const std::string& word : words) {
    const std::size_t colon = word.find(':');
    const std::string_view key = std::string_view(word).substr(0, colon);
    if (key != "lastsnd" && key != "lastrcv" && key != "lastack") continue;
    std::int64_t milliseconds = 0;
    std::from_chars(word.data() + colon + 1, word.data() + word.size(), milliseconds);
    silence = std::min<Duration>(silence, std::chrono::milliseconds(milliseconds));
  }
  return silence;
}

}  // namespace

bool includes(const PacketScope& scope, std::string_view address) {
  if (holds(scope.spared, address) || address.starts_with("127.") || address == "::1") return false;
  return holds(scope.peers, address) || holds(scope.peers, kEverybody4);
}

Schema scope_fields() {
  return {{.name = "towards",
           .type = Type::TextList,
           .help = "regions, hosts, addresses or prefixes; everybody where left out"}};
}

PacketScope packet_scope(const Params& params,
                         const Stack& stack,
                         const std::vector<const StackHost*>& hosts) {
  PacketScope scope;
  if (params.has("towards")) {
    const Where where = params.place("towards");
    for (const std::string& name : params.list("towards"))
      for (std::string& address : addresses_named(stack, name, where))
        scope.peers.push_back(std::move(address));
    if (scope.peers.empty()) refuse(where, "an empty list names nobody");
    scope.text = join(params.list("towards"), ", ");
    return scope;
  }
  scope.peers = {std::string(kEverybody4), std::string(kEverybody6)};
  scope.text = "everybody";
  if (!params.has("region")) return scope;
  for (const StackHost* host : hosts)
    scope.spared.push_back(address_of(*host, params.place("region")));
  scope.text = "everybody outside " + params.text("region");
  return scope;
}

Task<bool> exchanges_packets(Host& host, PacketScope scope, std::optional<OwnChannel> spared) {
  constexpr Duration kRecently = std::chrono::seconds(3);
  const CommandResult sockets = co_await host.try_run(command("ss", "-OHtni"));
  for (const std::string& line : split(sockets.out, '\n')) {
    std::vector<std::string> words = split(line, ' ');
    std::erase(words, "");
    if (words.size() < 5 || words[0] != "ESTAB" || silence_of(words) > kRecently) continue;
    const bool is_own = spared && peer_address(words[4]) == spared->peer &&
                        words[3].ends_with(fmt::format(":{}", spared->port));
    if (!is_own && includes(scope, peer_address(words[4]))) co_return true;
  }
  // Where the list was cut nobody knows that they do not talk: the fault then has to be seen to
  // bite.
  co_return sockets.truncated;
}

Task<std::vector<DroppingHost>> dropping_hosts(Params params,
                                               FaultContext context,
                                               std::vector<const StackHost*> hosts,
                                               PacketScope scope) {
  std::vector<DroppingHost> found;
  found.reserve(hosts.size());
  for (const StackHost* host : hosts) {
    Host& reached = context.hosts.host(host->name).network();
    DroppingHost& each = found.emplace_back();
    each.host = host;
    each.own = co_await spared_channel(params, reached, scope.peers);
    each.talks = co_await exchanges_packets(reached, scope, each.own);
  }
  const bool all_quiet = std::ranges::none_of(found, &DroppingHost::talks);
  for (DroppingHost& each : found) each.has_to_drop = each.talks || all_quiet;
  co_return found;
}

}  // namespace muster
