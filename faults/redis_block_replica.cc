#include "base/text.h"
#include "faults/kinds.h"
#include "faults/nft.h"
#include "faults/redis.h"
#include "faults/replica_pair.h"

namespace muster {
namespace {

constexpr std::string_view kLinkUp = "master_link_status:up";

/// As in block_replica: changes nothing, and holds the run until the replica follows again.
void add_watch(FaultPlan& plan, const FaultContext& context, const ReplicaPair& pair) {
  Change& change = add_change(
      plan,
      context,
      pair.replica,
      fmt::format(
          "see that {} follows {}, before and after", pair.replica.name, pair.primary.name));
  change.resource = "replication:" + pair.service.name;
  change.verify = redis_says(pair.service, pair.replica, "INFO replication");
  change.verify.contains = kLinkUp;
  change.verify_undone = change.verify;
  change.undone_within = std::chrono::seconds(60);
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ReplicaPair pair = replica_pair(params, context.stack, "redis");
  const Operation state = redis_says(pair.service, pair.replica, "INFO replication");
  const CommandResult now = co_await context.hosts.host(pair.replica.name).run(command_of(state));
  if (now.out.find(kLinkUp) == std::string::npos)
    refuse(pair.where,
           fmt::format("{} does not follow {} now: there is nothing to block",
                       pair.replica.name,
                       pair.primary.name));

  FaultPlan result;
  add_watch(result, context, pair);
  Change& change = add_change(result,
                              context,
                              pair.replica,
                              fmt::format("on {}, drop what comes from and goes to Redis on {}",
                                          pair.replica.name,
                                          pair.primary.name));
  PacketDrop drop;
  drop.table = "muster_" + short_id(context, pair.replica.name);
  drop.peers = {address_of(pair.primary, pair.where)};
  drop.spared_interfaces = protected_interfaces(context.stack);
  drop.peer_port = redis_port(pair.service);
  drop.expires = context.deadline;
  drop_packets(change, drop);
  change.order = 1;
  // A primary that has nothing to say pings its replicas every ten seconds by default.
  change.verify_within = std::chrono::seconds(20);
  result.users_unaffected = true;
  co_return result;
}

}  // namespace

FaultKind redis_block_replica_fault() {
  return {{.name = "redis_block_replica",
           .summary = "Cuts a Redis replica off from its primary: what is written reaches its "
                      "readers only after the undo.",
           .example = "service: cache\n",
           .fields = replica_pair_fields("a redis service of the stack"),
           .undo = UndoClass::SelfExpiring,
           .needs = {"nft", "socat"}},
          plan,
          false,
          "nftables rules"};
}

}  // namespace muster
