#include "base/text.h"
#include "faults/kinds.h"
#include "faults/look_before.h"
#include "faults/own_channel.h"
#include "faults/packet_scope.h"
#include "faults/targets.h"

namespace muster {
namespace {

/// Far from the low numbers that people give their own queues.
int queue_number(const std::string& id) {
  constexpr int kFirst = 20000;
  constexpr int kCount = 20000;
  return kFirst + static_cast<int>(std::stoul(id, nullptr, 16) % kCount);
}

std::string chain_name(const std::string& id) {
  return "MUSTER_" + id;
}

/// One rule a peer and port. All jump to a chain with one rule, whose counter tells that a packet
/// was held.
std::string delay_rules(const PacketScope& scope,
                        const std::optional<OwnChannel>& own,
                        const std::vector<std::string>& spared_interfaces,
                        std::optional<std::int64_t> port,
                        const std::string& chain,
                        int queue) {
  const std::string hold = chain + "_hold";
  std::string text = fmt::format("*mangle\n:{} - [0:0]\n:{} - [0:0]\n", chain, hold);
  text += fmt::format("-A {} -j NFQUEUE --queue-num {} --queue-bypass\n", hold, queue);
  if (own && !is_ipv6(own->peer))
    text += fmt::format("-A {} -d {} -p tcp --sport {} -j RETURN\n", chain, own->peer, own->port);
  for (const std::string& interface : spared_interfaces)
    text += fmt::format("-A {} -o {} -j RETURN\n", chain, interface);
  for (const std::string& address : scope.spared)
    text += fmt::format("-A {} -d {} -j RETURN\n", chain, address);
  for (const std::string& address : scope.peers) {
    if (is_ipv6(address)) continue;
    if (!port) text += fmt::format("-A {} -d {} -g {}\n", chain, address, hold);
    if (port)
      for (const std::string_view side : {"--dport", "--sport"})
        text += fmt::format("-A {} -d {} -p tcp {} {} -g {}\n", chain, address, side, *port, hold);
  }
  return text + fmt::format("-A OUTPUT ! -o lo -j {}\nCOMMIT\n", chain);
}

std::string delay_removal(const std::string& chain) {
  return fmt::format(
      "*mangle\n:{0} - [0:0]\n:{0}_hold - [0:0]\n-D OUTPUT ! -o lo -j {0}\n-X {0}\n-X "
      "{0}_hold\nCOMMIT\n",
      chain);
}

/// Of chains that nothing leads to any more; of none as well.
std::string left_chains_removal(const std::string& chain) {
  return fmt::format("*mangle\n:{0} - [0:0]\n:{0}_hold - [0:0]\n-X {0}\n-X {0}_hold\nCOMMIT\n",
                     chain);
}

Operation restore_rules(std::string rules) {
  return exec({"iptables-restore", "--noflush", "--wait", "5"}, std::move(rules));
}

void add_holder(FaultPlan& plan,
                const FaultContext& context,
                const Params& params,
                const StackHost& host,
                int queue) {
  Change& change =
      add_change(plan, context, host, fmt::format("on {}, stand by to hold packets", host.name));
  change.on_network = true;
  change.resource = fmt::format("nfqueue:{}", queue);
  change.undo_class = UndoClass::SelfExpiring;
  std::vector<std::string> argv = {
      context.hosts.host(host.name).network().own_program("muster-delay"),
      "--queue",
      fmt::format("{}", queue),
      "--delay",
      format_duration(params.duration("delay"))};
  if (params.has("jitter")) {
    argv.emplace_back("--jitter");
    argv.push_back(format_duration(params.duration("jitter")));
  }
  change.apply = built_in("holder", std::move(argv));
  // Numbered lines, so that a tab stands before the first column, the queue's, and before no other:
  // the next one is somebody's process, which may have the same number.
  change.verify = exec({"cat", "-n", "/proc/net/netfilter/nfnetlink_queue"});
  change.verify.contains = fmt::format("\t{} ", queue);
  change.undo = built_in("holder");
  change.verify_undone = opposite(change.verify);
}

/// Whoever flushes the table meanwhile takes the jump to our chains away and leaves the chains. The
/// rules' own undo fails then, and undoes nothing.
void add_cleaning(FaultPlan& plan,
                  const FaultContext& context,
                  const StackHost& host,
                  const std::string& chain) {
  Change& change = add_change(
      plan, context, host, fmt::format("on {}, afterwards, leave no chain behind", host.name));
  change.on_network = true;
  change.resource = "iptables:" + chain + " (after)";
  change.undo = restore_rules(left_chains_removal(chain));
  change.verify_undone = exec({"iptables", "--wait", "5", "-t", "mangle", "-S"});
  change.verify_undone.lacks = chain;
}

void add_rules(FaultPlan& plan,
               const FaultContext& context,
               const Params& params,
               const PacketScope& scope,
               const StackHost& host,
               const std::optional<OwnChannel>& own,
               const std::string& id) {
  Change& change = add_change(plan,
                              context,
                              host,
                              fmt::format("on {}, hold what it sends to {}{} for {}",
                                          host.name,
                                          scope.text,
                                          sparing_text(own),
                                          human_duration(params.duration("delay"))));
  const std::string chain = chain_name(id);
  std::optional<std::int64_t> port;
  if (params.has("port")) port = params.integer("port");
  change.order = 1;
  change.on_network = true;
  change.resource = "iptables:" + chain;
  change.apply = restore_rules(
      delay_rules(scope, own, protected_interfaces(context.stack), port, chain, queue_number(id)));
  change.verify = exec({"iptables", "--wait", "5", "-t", "mangle", "-vS", chain + "_hold"});
  change.verify.lacks = "-c 0 0 -j";
  change.verify_within = std::chrono::seconds(15);
  change.undo = restore_rules(delay_removal(chain));
  change.verify_undone = exec({"iptables", "--wait", "5", "-t", "mangle", "-S", "OUTPUT"});
  change.verify_undone.lacks = chain;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::vector<const StackHost*> hosts = chosen_hosts(params, context.stack);
  const PacketScope scope = packet_scope(params, context.stack, hosts);
  if (params.has("towards") && is_ipv6(join(scope.peers, " ")))
    refuse(params.place("towards"), "latency is for IPv4 only so far");

  FaultPlan result;
  for (const StackHost* host : hosts) {
    const std::string id = short_id(context, host->name);
    Host& reached = context.hosts.host(host->name).network();
    const auto own = co_await spared_channel(params, reached, scope.peers);
    add_holder(result, context, params, *host, queue_number(id));
    add_cleaning(result, context, *host, chain_name(id));
    add_rules(result, context, params, scope, *host, own, id);
  }
  co_return result;
}

}  // namespace

FaultKind latency_fault() {
  return {
      {.name = "latency",
       .summary = "Holds what a host sends for a while, as a long or busy link does. When muster's "
                  "delayer dies, packets pass undelayed. IPv4.",
       .example = "host: db-us\n"
                  "delay: 100ms\n"
                  "jitter: 20ms\n"
                  "towards: us-east\n"
                  "port: 5432\n",
       .fields = joined(joined(target_fields(), scope_fields()),
                        {{.name = "delay",
                          .type = Type::Duration,
                          .help = "how long each packet is held, in one direction",
                          .required = true,
                          .least = 0.0001,
                          .most = 60},
                         {.name = "jitter",
                          .type = Type::Duration,
                          .help = "up to so much more, at random; the order is kept",
                          .least = 0,
                          .most = 60},
                         {.name = "port",
                          .type = Type::Integer,
                          .help = "only TCP to or from this port",
                          .least = 1,
                          .most = 65535}}),
       .undo = UndoClass::SelfExpiring,
       .needs = {"iptables", "iptables-restore", "muster-delay"}},
      plan,
      false,
      "iptables rules and a queue for packets"};
}

}  // namespace muster
