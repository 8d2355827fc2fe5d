#include <algorithm>

#include "base/text.h"
#include "faults/front_door.h"
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

bool holds(const Side& side, const StackHost& host) {
  return std::ranges::find(side.hosts, &host) != side.hosts.end();
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
  const std::vector<DroppingHost> dropping =
      co_await dropping_hosts(params, context, from.hosts, scope);
  for (const DroppingHost& each : dropping) {
    const std::optional<OwnChannel>& own = each.own;
    if (own) add_channel_proof(result, context, *each.host, *own);
    Change& change = add_change(result,
                                context,
                                *each.host,
                                fmt::format("on {}, drop what {} {}{}{}",
                                            each.host->name,
                                            one_way ? "it sends to" : "goes to and comes from",
                                            to.text,
                                            sparing_text(own),
                                            each.talks ? "" : " (they do not talk just now)"));
    PacketDrop drop;
    drop.table = "muster_" + short_id(context, each.host->name);
    drop.peers = scope.peers;
    drop.spared_interfaces = protected_interfaces(context.stack);
    drop.arriving = !one_way;
    drop.expires = context.deadline;
    drop.own = own;
    change.order = own ? 1 : 0;
    drop_packets(change, drop);
    change.verify_within = std::chrono::seconds(15);
    // Nothing to drop means nothing to count; the kernel's own listing has to do there.
    if (!each.has_to_drop) change.verify = nft_lists(drop.table);
  }
  result.predicted =
      predict_apart(context.stack, [&](const StackHost& one, const StackHost& other) {
        return (holds(from, one) && holds(to, other)) || (holds(from, other) && holds(to, one));
      });
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
          plan,
          false,
          "nftables rules"};
}

}  // namespace muster
