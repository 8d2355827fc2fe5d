#include <algorithm>

#include "base/text.h"
#include "faults/kinds.h"
#include "faults/nft.h"
#include "faults/targets.h"

namespace muster {
namespace {

struct Pair {
  const StackService& service;
  const StackHost& primary;
  const StackHost& replica;
  Where where;
};

Pair pair_of(const Params& params, const Stack& stack) {
  const Where where = params.place("service");
  const StackService* service = stack.service(params.text("service"));
  if (service == nullptr || service->kind != "postgres")
    refuse(where, fmt::format("{} is no postgres service of the stack", params.text("service")));
  if (stack.protects(Protection::Kind::Service, service->name))
    refuse(where, fmt::format("service {} is protected by the stack", service->name));
  const std::vector<std::string> replicas = service->params.list("replicas");
  if (replicas.empty()) refuse(where, fmt::format("{} has no replicas", service->name));
  if (!params.has("replica") && replicas.size() > 1)
    refuse(where, fmt::format("say which `replica`: {}", join(replicas, ", ")));
  const std::string replica = params.has("replica") ? params.text("replica") : replicas.front();
  if (std::ranges::find(replicas, replica) == replicas.end())
    refuse(params.place("replica"), fmt::format("{} is no replica of {}", replica, service->name));
  return {*service,
          open_host(stack, service->params.text("primary"), where),
          open_host(stack, replica, where),
          where};
}

std::string dsn_of(const Pair& pair, const StackHost& host) {
  const Params dsn = pair.service.params.object("dsn");
  if (!dsn.has(host.name))
    refuse(pair.where, fmt::format("service {} has no dsn for {}", pair.service.name, host.name));
  return dsn.text(host.name);
}

Operation psql(const Pair& pair, const StackHost& host, std::string sql) {
  return exec({"psql", "-XwtA", "-d", dsn_of(pair, host), "-c", std::move(sql)});
}

// ---- the network between them

/// As the primary sees it: the replica is connected and follows.
Operation replica_streams(const Pair& pair) {
  Operation look =
      psql(pair,
           pair.primary,
           fmt::format("select state from pg_stat_replication where client_addr = '{}'",
                       address_of(pair.replica, pair.where)));
  look.contains = "streaming";
  return look;
}

int port_of(const std::string& dsn) {
  for (const std::string& word : split(dsn, ' '))
    if (word.starts_with("port=")) return std::stoi(word.substr(5));
  return 5432;
}

/// Changes nothing. Put in force before the cut and undone after it, it holds the run until the
/// replica streams again: that the rules are gone is not yet that replication is back.
void add_watch(FaultPlan& plan, const FaultContext& context, const Pair& pair) {
  Change& change = add_change(
      plan,
      context,
      pair.primary,
      fmt::format(
          "see on {} that {} follows, before and after", pair.primary.name, pair.replica.name));
  change.resource = "replication:" + pair.service.name;
  change.verify = replica_streams(pair);
  change.verify_undone = replica_streams(pair);
  change.undone_within = std::chrono::seconds(60);
}

Task<FaultPlan> block_network(FaultContext context, Pair pair) {
  const CommandResult state =
      co_await context.hosts.host(pair.primary.name).run(command_of(replica_streams(pair)));
  if (state.out.find("streaming") == std::string::npos)
    refuse(pair.where,
           fmt::format("{} does not stream from {} now: there is nothing to block",
                       pair.replica.name,
                       pair.primary.name));

  FaultPlan result;
  add_watch(result, context, pair);
  Change& change = add_change(
      result,
      context,
      pair.replica,
      fmt::format(
          "on {}, drop its database traffic with {}", pair.replica.name, pair.primary.name));
  PacketDrop drop;
  drop.table = "muster_" + short_id(context, pair.replica.name);
  drop.peers = {address_of(pair.primary, pair.where)};
  drop.spared_interfaces = protected_interfaces(context.stack);
  drop.peer_port = port_of(dsn_of(pair, pair.primary));
  drop.expires = context.deadline;
  drop_packets(change, drop);
  change.order = 1;
  // A replica reports to its primary every wal_receiver_status_interval: 10 s by default.
  change.verify_within = std::chrono::seconds(20);
  co_return result;
}

// ---- replay on the replica

constexpr std::string_view kReplayState =
    "select case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() else 'not paused' "
    "end";

Task<FaultPlan> pause_replay(FaultContext context, Pair pair) {
  const Operation state = psql(pair, pair.replica, std::string(kReplayState));
  const CommandResult before =
      co_await context.hosts.host(pair.replica.name).run(command_of(state));
  if (trim(before.out) != "not paused")
    refuse(pair.where,
           fmt::format(
               "replay on {} is already '{}'", pair.replica.name, printable(trim(before.out))));

  FaultPlan result;
  Change& change = add_change(
      result, context, pair.replica, fmt::format("pause replay on {}", pair.replica.name));
  change.resource = "replay:" + pair.service.name;
  change.apply = psql(pair, pair.replica, "select pg_wal_replay_pause()");
  change.verify = state;
  change.verify.contains = "paused";
  change.verify.lacks = "not paused";
  // A replica that was promoted meanwhile replays no more: there the undo does nothing, and that is
  // right.
  change.undo = psql(pair, pair.replica, "select pg_wal_replay_resume() where pg_is_in_recovery()");
  change.verify_undone = state;
  change.verify_undone.contains = "not paused";
  co_return result;
}

// ---- which of them

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Pair pair = pair_of(params, context.stack);
  FaultPlan result;
  if (params.text("how") == "network")
    result = co_await block_network(context, pair);
  else
    result = co_await pause_replay(context, pair);
  result.users_unaffected = true;
  co_return result;
}

}  // namespace

FaultKind block_replica_fault() {
  return {
      {.name = "block_replica",
       .summary = "Lets a PostgreSQL replica fall behind: by the network between it and its "
                  "primary, or by pausing its replay.",
       .example = "service: db\n"
                  "how: replay_pause\n",
       .fields = {{.name = "service",
                   .type = Type::Name,
                   .help = "a postgres service of the stack",
                   .required = true,
                   .refers = Refers::Service},
                  {.name = "how",
                   .type = Type::Choice,
                   .help = "network: nothing arrives any more; replay_pause: it arrives, but is "
                           "not shown to readers",
                   .fallback = "network",
                   .choices = {"network", "replay_pause"}},
                  {.name = "replica",
                   .type = Type::Name,
                   .help = "which one, where there are several",
                   .refers = Refers::Host}},
       .undo = UndoClass::Reversible},
      plan};
}

}  // namespace muster
