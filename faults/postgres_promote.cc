#include "base/text.h"
#include "faults/kinds.h"
#include "faults/postgres_pair.h"
#include "faults/process.h"
#include "faults/targets.h"

namespace muster {
namespace {

/// Of a standby, and nothing of any other: what its control file says is as old as its last
/// checkpoint.
constexpr std::string_view kTimeline =
    "select max(('x' || left(name, 8))::bit(32)::int) from pg_ls_waldir() "
    "where name ~ '^[0-9A-F]{24}$' and pg_is_in_recovery()";
constexpr std::string_view kTakesWrites =
    "select case when pg_is_in_recovery() then 'is a standby' else 'takes writes' end";

/// Each step of the way home waits for those before it, whoever runs them and whenever.
constexpr Duration kWayHome = std::chrono::minutes(3);
constexpr Duration kStep = std::chrono::minutes(1);
constexpr Duration kLook = std::chrono::seconds(10);

struct Failover {
  ReplicaPair pair;
  std::string home;   ///< DSN of the primary
  std::string away;   ///< DSN of the replica that is promoted
  std::string since;  ///< the timeline on which the primary writes now
};

std::vector<std::string> promotion(const Failover& failover, const std::string& dsn) {
  const std::vector<std::string> argv = failover.pair.service.params.list("promote");
  return argv.empty() ? psql(dsn, "select pg_promote(true, 10)").args : argv;
}

/// One step of the way home, on the host that it is about. Looking at both servers tells whether it
/// is its turn, so that it can be run again and beside the others: by several guards at once where
/// the runner is gone, and by `recover`.
void undo_by_step(Change& change,
                  const FaultContext& context,
                  const Failover& failover,
                  const std::string& step,
                  const std::vector<std::string>& program) {
  const std::vector<std::string> pair = {
      "--home", failover.home, "--away", failover.away, "--since", failover.since};
  std::vector<std::string> look = {
      context.hosts.host(change.host).own_program("muster-postgres"), "failback", step};
  look.insert(look.end(), pair.begin(), pair.end());
  std::vector<std::string> run = look;
  look.emplace_back("--look");
  run.emplace_back("--");
  run.insert(run.end(), program.begin(), program.end());
  change.undo = exec(std::move(run));
  change.undo.timeout = kStep;
  change.verify_undone = exec(std::move(look));
  change.verify_undone.timeout = kLook;
  change.undone_within = kWayHome;
}

Change& add_step(FaultPlan& plan,
                 const FaultContext& context,
                 const Failover& failover,
                 const StackHost& host,
                 std::string what) {
  Change& change = add_change(plan, context, host, std::move(what));
  change.order = static_cast<int>(plan.changes.size()) - 1;
  change.resource = fmt::format("failover:{}/{}", failover.pair.service.name, change.order);
  return change;
}

Change& add_promotion(FaultPlan& plan, const FaultContext& context, const Failover& failover) {
  const StackHost& replica = failover.pair.replica;
  Change& change =
      add_step(plan, context, failover, replica, fmt::format("promote {}", replica.name));
  change.apply = exec(promotion(failover, failover.away));
  change.apply.timeout = kServiceCommandTimeout;
  change.verify = psql(failover.away, std::string(kTakesWrites));
  change.verify.contains = "takes writes";
  change.verify_within = std::chrono::seconds(20);
  return change;
}

/// Undone from the last to the first.
void add_way_home(FaultPlan& plan, const FaultContext& context, const Failover& failover) {
  const StackService& service = failover.pair.service;
  const StackHost& home = failover.pair.primary;
  const StackHost& away = failover.pair.replica;
  const std::vector<std::string> rejoin = service.params.list("rejoin");
  const std::vector<std::string> stop = service_argv(service, "stop", failover.pair.where);
  plan.changes.front().what +=
      fmt::format("; way home 4 of 4: make it a standby of {} again", home.name);
  undo_by_step(plan.changes.front(), context, failover, "rejoin-away", rejoin);
  Change& promote = add_step(
      plan, context, failover, home, fmt::format("way home 3 of 4: promote {}", home.name));
  undo_by_step(promote, context, failover, "promote-home", promotion(failover, failover.home));
  Change& stopping = add_step(
      plan,
      context,
      failover,
      away,
      fmt::format("way home 2 of 4: stop {} once {} has what it has", away.name, home.name));
  undo_by_step(stopping, context, failover, "stop-away", stop);
  Change& rejoining =
      add_step(plan,
               context,
               failover,
               home,
               fmt::format("way home 1 of 4: make {} a standby of {}", home.name, away.name));
  undo_by_step(rejoining, context, failover, "rejoin-home", rejoin);
}

Task<Failover> look_at_pair(const Params& params, FaultContext context) {
  const ReplicaPair pair = replica_pair(params, context.stack, "postgres");
  Failover failover{pair,
                    dsn_of(pair.service, pair.primary, pair.where),
                    dsn_of(pair.service, pair.replica, pair.where),
                    ""};
  std::string meaning = "promoted, it would lack what the primary has";
  co_await require_streaming(pair, context, std::move(meaning));
  Command timeline = command_of(psql(failover.away, std::string(kTimeline)));
  const CommandResult since =
      co_await context.hosts.host(pair.replica.name).run(std::move(timeline));
  failover.since = trim(since.out);
  if (failover.since.empty() || failover.since.find_first_not_of("0123456789") != std::string::npos)
    refuse(pair.where,
           fmt::format("{} is no standby now: it has been promoted, or does not answer",
                       pair.replica.name));
  co_return failover;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Failover failover = co_await look_at_pair(params, context);
  FaultPlan result;
  Change& change = add_promotion(result, context, failover);
  if (failover.pair.service.params.list("rejoin").empty())
    change.undo_class = UndoClass::Irreversible;
  else
    add_way_home(result, context, failover);
  co_return result;
}

}  // namespace

FaultKind postgres_promote_fault() {
  return {{.name = "postgres_promote",
           .summary = "Promotes a PostgreSQL replica. The undo brings both servers back to their "
                      "places: it needs `stop` and `rejoin` in the stack, and without `rejoin` "
                      "there is none.",
           .example = "service: db\n"
                      "replica: db-eu\n",
           .fields = replica_pair_fields("a postgres service of the stack"),
           .undo = UndoClass::Reversible,
           .needs = {"muster-postgres", "psql"}},
          plan,
          true};
}

}  // namespace muster
