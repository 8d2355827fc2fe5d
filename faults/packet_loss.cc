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

std::string large_text(const Params& params) {
  if (!params.has("larger_than")) return "";
  return fmt::format(" larger than {} bytes", params.integer("larger_than"));
}

/// Some packets that get through are enough for one health check and not for another: what becomes
/// of it is chance.
bool loses_everything(const Params& params) {
  return params.number("share") >= 1 && !params.has("larger_than");
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::vector<const StackHost*> hosts = chosen_hosts(params, context.stack);
  const PacketScope scope = packet_scope(params, context.stack, hosts);

  FaultPlan result;
  const std::vector<DroppingHost> dropping = co_await dropping_hosts(params, context, hosts, scope);
  for (const DroppingHost& each : dropping) {
    const std::optional<OwnChannel>& own = each.own;
    if (own) add_channel_proof(result, context, *each.host, *own);
    Change& change = add_change(result,
                                context,
                                *each.host,
                                fmt::format("on {}, lose {:g} % of the packets{} to and from {}{}",
                                            each.host->name,
                                            params.number("share") * 100,
                                            large_text(params),
                                            scope.text,
                                            sparing_text(own)));
    PacketDrop drop;
    drop.table = "muster_" + short_id(context, each.host->name);
    drop.peers = scope.peers;
    drop.spared = scope.spared;
    drop.spared_interfaces = protected_interfaces(context.stack);
    drop.share = params.number("share");
    if (params.has("larger_than"))
      drop.larger_than = static_cast<int>(params.integer("larger_than"));
    drop.expires = context.deadline;
    drop.own = own;
    change.order = own ? 1 : 0;
    drop_packets(change, drop);
    // A small share of little traffic takes its time to hit one.
    change.verify_within = std::chrono::seconds(30);
    if (!each.has_to_drop) change.verify = nft_lists(drop.table);
  }
  if (!loses_everything(params)) co_return result;
  const auto hit = [&](const StackHost& one, const StackHost& other) {
    return std::ranges::find(hosts, &one) != hosts.end() && includes(scope, other.address);
  };
  result.predicted =
      predict_apart(context.stack, [&](const StackHost& one, const StackHost& other) {
        return hit(one, other) || hit(other, one);
      });
  co_return result;
}

}  // namespace

FaultKind packet_loss_fault() {
  return {{.name = "packet_loss",
           .summary = "Loses a share of the packets, in each direction, as a bad link does.",
           .example = "host: db-us\n"
                      "share: 20%\n"
                      "towards: eu-west\n",
           .fields = joined(joined(joined(target_fields(),
                                          {{.name = "share",
                                            .type = Type::Ratio,
                                            .help = "how many of the packets are lost",
                                            .required = true,
                                            .least = 0.0001,
                                            .most = 1},
                                           {.name = "larger_than",
                                            .type = Type::Size,
                                            .help = "only of packets larger than so much: a path "
                                                    "that lets through what checks send, and no "
                                                    "page",
                                            .least = 64,
                                            .most = 65535}}),
                                   scope_fields()),
                            own_channel_fields()),
           .undo = UndoClass::SelfExpiring,
           .needs = {"nft", "ss"}},
          plan,
          false,
          "nftables rules"};
}

}  // namespace muster
