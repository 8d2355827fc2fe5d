#include <algorithm>

#include "base/text.h"
#include "faults/kinds.h"
#include "faults/nft.h"
#include "faults/own_channel.h"
#include "faults/packet_scope.h"
#include "faults/targets.h"

namespace muster {
namespace {

struct Side {
  std::vector<const StackHost*> hosts;
  std::string text;  ///< as the playbook names it
};

Side side_of(const Params& params, std::string_view key, const Stack& stack) {
  Side side;
  for (const std::string& name : params.list(key))
    for (const StackHost* host : hosts_named(stack, name, params.place(key)))
      if (std::ranges::find(side.hosts, host) == side.hosts.end()) side.hosts.push_back(host);
  if (side.hosts.empty()) refuse(params.place(key), "an empty list of hosts cuts nothing");
  side.text = join(params.list(key), ", ");
  return side;
}

std::vector<std::string> addresses_of(const Side& side, const Where& where) {
  std::vector<std::string> addresses;
  for (const StackHost* host : side.hosts) addresses.push_back(address_of(*host, where));
  return addresses;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Side from = side_of(params, "from", context.stack);
  const Side to = side_of(params, "to", context.stack);
  for (const StackHost* host : from.hosts)
    if (std::ranges::find(to.hosts, host) != to.hosts.end())
      refuse(params.place("to"), fmt::format("{} cannot be cut from itself", host->name));
  const PacketScope scope{addresses_of(to, params.place("to")), {}, to.text};
  const bool one_way = params.text("direction") == "one_way";

  FaultPlan result;
  for (const StackHost* host : from.hosts) {
    Host& reached = context.hosts.host(host->name).network();
    const auto own = co_await spared_channel(params, reached, scope.peers);
    if (own) add_channel_proof(result, context, *host, *own);
    const bool talks = co_await exchanges_packets(reached, scope, own);
    Change& change = add_change(result,
                                context,
                                *host,
                                fmt::format("on {}, drop what {} {}{}{}",
                                            host->name,
                                            one_way ? "it sends to" : "goes to and comes from",
                                            to.text,
                                            sparing_text(own),
                                            talks ? "" : " (they do not talk just now)"));
    PacketDrop drop;
    drop.table = "muster_" + short_id(context, host->name);
    drop.peers = scope.peers;
    drop.spared_interfaces = protected_interfaces(context.stack);
    drop.arriving = !one_way;
    drop.expires = context.deadline;
    drop.own = own;
    change.order = own ? 1 : 0;
    drop_packets(change, drop);
    change.verify_within = std::chrono::seconds(15);
    // Nothing to drop means nothing to count; the kernel's own listing has to do there.
    if (!talks) change.verify = nft_lists(drop.table);
  }
  co_return result;
}

}  // namespace

FaultKind partition_fault() {
  return {{.name = "partition",
           .summary = "Cuts the network between two groups of hosts. Users, who belong to neither, "
                      "still reach both.",
           .example = "from: us-east\n"
                      "to: eu-west\n"
                      "direction: both\n",
           .fields = joined({{.name = "from",
                              .type = Type::NameList,
                              .help = "regions or hosts; the rules are put there",
                              .required = true},
                             {.name = "to",
                              .type = Type::NameList,
                              .help = "regions or hosts, known by their address in the stack",
                              .required = true},
                             {.name = "direction",
                              .type = Type::Choice,
                              .help = "one_way: `from` cannot send to `to`, but still hears it",
                              .fallback = "both",
                              .choices = {"both", "one_way"}}},
                            own_channel_fields()),
           .undo = UndoClass::SelfExpiring,
           .needs = {"nft", "ss"}},
          plan};
}

}  // namespace muster
