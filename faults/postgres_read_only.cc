#include "base/text.h"
#include "faults/kinds.h"
#include "faults/postgres_pair.h"
#include "faults/targets.h"

namespace muster {
namespace {

/// What holds now, and what ALTER SYSTEM was told before: only that is ours to put back.
constexpr std::string_view kBefore =
    "select current_setting('default_transaction_read_only') || ' ' || coalesce("
    "(select setting from pg_file_settings where name = 'default_transaction_read_only'"
    " and sourcefile like '%/postgresql.auto.conf' order by seqno desc limit 1), 'unset')";

/// The session that asks is a new one, as a user's would be.
constexpr std::string_view kSeen =
    "select 'transactions are ' || case current_setting('transaction_read_only') when 'on' then "
    "'read-only' else 'writable' end";

Operation set_to(const std::string& dsn, const std::string& value) {
  const std::string statement = value == "unset"
                                    ? "alter system reset default_transaction_read_only"
                                    : "alter system set default_transaction_read_only = " + value;
  return exec({"psql", "-XqwtA", "-d", dsn, "-c", statement, "-c", "select pg_reload_conf()"});
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const StackService& service = replicated_service(params, context.stack, "postgres");
  const Where where = params.place("service");
  const StackHost& host = open_host(context.stack, service.params.text("primary"), where);
  const std::string dsn = dsn_of(service, host, where);
  Command looking = command_of(psql(dsn, std::string(kBefore)));
  const CommandResult before = co_await context.hosts.host(host.name).run(std::move(looking));
  const std::vector<std::string> values = split(trim(before.out), ' ');
  if (values.size() != 2 || values[0] != "off")
    refuse(where, fmt::format("{} on {} is read-only already", service.name, host.name));

  FaultPlan result;
  Change& change = add_change(
      result, context, host, fmt::format("make {} on {} read-only", service.name, host.name));
  change.resource = "setting:default_transaction_read_only";
  change.apply = set_to(dsn, "on");
  change.verify = psql(dsn, std::string(kSeen));
  change.verify.contains = "read-only";
  change.undo = set_to(dsn, values[1]);
  change.verify_undone = psql(dsn, std::string(kSeen));
  change.verify_undone.contains = "writable";
  co_return result;
}

}  // namespace

FaultKind postgres_read_only_fault() {
  return {{.name = "postgres_read_only",
           .summary = "Makes a PostgreSQL primary refuse writes (default_transaction_read_only), "
                      "as after a failed failover. Whoever set it for their own role is not hit.",
           .example = "service: db\n",
           .fields = {{.name = "service",
                       .type = Type::Name,
                       .help = "a postgres service of the stack; its primary is made read-only",
                       .required = true,
                       .refers = Refers::Service}},
           .undo = UndoClass::Reversible,
           .needs = {"psql"}},
          plan,
          true};
}

}  // namespace muster
