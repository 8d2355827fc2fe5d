#include "base/text.h"
#include "faults/kinds.h"
#include "faults/nft.h"
#include "faults/targets.h"

namespace muster {
namespace {

/// Everything that stands in a region: what a monitoring looks at. Those who ask it stand in none.
std::vector<std::string> looked_at(const Stack& stack, const StackHost& monitor) {
  std::vector<std::string> addresses;
  for (const StackHost& host : stack.hosts)
    if (!host.region.empty() && !host.address.empty() && host.name != monitor.name)
      addresses.push_back(host.address);
  return addresses;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack, "prometheus");
  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    Change& change =
        add_change(result,
                   context,
                   *host,
                   fmt::format("let {} on {} see nothing", targets.service.name, host->name));
    PacketDrop drop;
    drop.table = "muster_" + short_id(context, host->name);
    drop.peers = looked_at(context.stack, *host);
    if (drop.peers.empty())
      refuse(params.place("service"), "no host of the stack has a region and an address");
    drop.spared_interfaces = protected_interfaces(context.stack);
    drop.expires = context.deadline;
    drop_packets(change, drop);
    change.verify_within = std::chrono::seconds(60);
  }
  result.users_unaffected = true;
  co_return result;
}

}  // namespace

FaultKind monitoring_blind_fault() {
  return {{.name = "monitoring_blind",
           .summary = "Cuts a monitoring off from everything it looks at, while it can still be "
                      "asked: does another one see what it cannot, and does it cry wolf?",
           .example = "service: monitor\n"
                      "hosts: mon-us\n",
           .fields = service_target_fields(),
           .undo = UndoClass::SelfExpiring,
           .needs = {"nft"}},
          plan,
          false,
          "nftables rules"};
}

}  // namespace muster
