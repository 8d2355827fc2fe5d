#include "base/text.h"
#include "faults/kinds.h"
#include "faults/nft.h"
#include "faults/postgres_pair.h"
#include "faults/targets.h"

namespace muster {
namespace {

Operation on(const ReplicaPair& pair, const StackHost& host, std::string statement) {
  return psql(dsn_of(pair.service, host, pair.where), std::move(statement));
}

// ---- the network between them

int port_of(const std::string& dsn) {
  for (const std::string& word : split(dsn, ' '))
    if (word.starts_with("port=")) return std::stoi(word.substr(5));
  return 5432;
}

/// Changes nothing. Put in force before the cut and undone after it, it holds the run until the
/// replica streams again: that the rules are gone is not yet that replication is back.
void add_watch(FaultPlan& plan, const FaultContext& context, const ReplicaPair& pair) {
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

Task<FaultPlan> block_network(FaultContext context, ReplicaPair pair) {
  std::string meaning = "there is nothing to block";
  co_await require_streaming(pair, context, std::move(meaning));

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
  drop.peer_port = port_of(dsn_of(pair.service, pair.primary, pair.where));
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

Task<FaultPlan> pause_replay(FaultContext context, ReplicaPair pair) {
  const Operation state = on(pair, pair.replica, std::string(kReplayState));
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
  change.apply = on(pair, pair.replica, "select pg_wal_replay_pause()");
  change.verify = state;
  change.verify.contains = "paused";
  change.verify.lacks = "not paused";
  // A replica that was promoted meanwhile replays no more: there the undo does nothing, and that is
  // right.
  change.undo = on(pair, pair.replica, "select pg_wal_replay_resume() where pg_is_in_recovery()");
  change.verify_undone = state;
  change.verify_undone.contains = "not paused";
  co_return result;
}

// ---- the process that receives

/// A primary gives a silent replica up after its wal_sender_timeout: a minute by default.
constexpr Duration kGivenUp = std::chrono::seconds(100);

/// The replica's own views go on saying that it streams, so only the primary is believed. When it
/// is woken the process finds its connection closed and ends; the server starts another, which the
/// watch sees stream.
Task<FaultPlan> stop_receiver(FaultContext context, ReplicaPair pair) {
  const Operation look = on(pair, pair.replica, "select pid from pg_stat_wal_receiver");
  Command looking = command_of(look);
  const CommandResult receiver =
      co_await context.hosts.host(pair.replica.name).run(std::move(looking));
  const std::string pid(trim(receiver.out));
  if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos)
    refuse(pair.where,
           fmt::format("{} receives nothing now: there is nothing to stop", pair.replica.name));

  FaultPlan result;
  add_watch(result, context, pair);
  Change& change = add_change(
      result,
      context,
      pair.replica,
      fmt::format(
          "stop the process on {} that receives from {}", pair.replica.name, pair.primary.name));
  change.order = 1;
  change.process = "pid:" + pid;
  change.resource = "receiver:" + pair.service.name;
  change.apply = built_in("signal", {"STOP"});
  change.verify = replica_streams(pair);
  change.verify.contains = "";
  change.verify.lacks = "streaming";
  change.verify_within = kGivenUp;
  change.undo = built_in("signal", {"CONT"});
  change.verify_undone = built_in("stopped", {"no"});
  co_return result;
}

// ---- which of them

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ReplicaPair pair = replica_pair(params, context.stack, "postgres");
  FaultPlan result;
  const std::string how = params.text("how");
  if (how == "network") result = co_await block_network(context, pair);
  if (how == "receiver_stopped") result = co_await stop_receiver(context, pair);
  if (how == "replay_pause") result = co_await pause_replay(context, pair);
  result.users_unaffected = true;
  co_return result;
}

}  // namespace

FaultKind block_replica_fault() {
  return {
      {.name = "block_replica",
       .summary = "Lets a PostgreSQL replica fall behind: by the network between it and its "
                  "primary, by stopping the process that receives, or by pausing its replay.",
       .example = "service: db\n"
                  "how: replay_pause\n",
       .fields = {{.name = "service",
                   .type = Type::Name,
                   .help = "a postgres service of the stack",
                   .required = true,
                   .refers = Refers::Service},
                  {.name = "how",
                   .type = Type::Choice,
                   .help = "network: nothing arrives any more; receiver_stopped: the same, and the "
                           "replica says that all is well; replay_pause: it arrives, but is not "
                           "shown to readers",
                   .fallback = "network",
                   .choices = {"network", "receiver_stopped", "replay_pause"}},
                  {.name = "replica",
                   .type = Type::Name,
                   .help = "which one, where there are several",
                   .refers = Refers::Host}},
       .undo = UndoClass::Reversible,
       .needs = {"nft", "psql"}},
      plan,
      true,
      "nftables rules, unless `how` says otherwise"};
}

}  // namespace muster
