#include <algorithm>

#include "base/text.h"
#include "faults/kinds.h"
#include "faults/postgres_pair.h"
#include "faults/targets.h"

namespace muster {
namespace {

constexpr Duration kTaking = std::chrono::seconds(30);

const StackHost& chosen_server(const Params& params,
                               const StackService& service,
                               const Stack& stack) {
  if (!params.has("host"))
    return open_host(stack, service.params.text("primary"), params.place("service"));
  const std::string name = params.text("host");
  if (std::ranges::find(service.hosts, name) == service.hosts.end())
    refuse(params.place("host"),
           fmt::format("{} does not run on {}; its hosts are {}",
                       service.name,
                       name,
                       join(service.hosts, ", ")));
  return open_host(stack, name, params.place("host"));
}

std::string at_most_are_left(std::int64_t leave) {
  return fmt::format(
      "select case when current_setting('max_connections')::int"
      " - current_setting('superuser_reserved_connections')::int - count(*) <= {}"
      " then 'used up' else 'some are left' end"
      " from pg_stat_activity where backend_type = 'client backend'",
      leave);
}

std::string held_by(const std::string& name) {
  return fmt::format(
      "select case count(*) when 0 then 'none is held' else count(*) || ' are held' end"
      " from pg_stat_activity where application_name = '{}'",
      name);
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const StackService& service = replicated_service(params, context.stack, "postgres");
  const StackHost& host = chosen_server(params, service, context.stack);
  const std::string dsn = dsn_of(service, host, params.place("service"));
  const std::int64_t leave = params.integer("leave");
  const std::string name = "muster_" + short_id(context, host.name);

  FaultPlan result;
  Change& change = add_change(
      result,
      context,
      host,
      fmt::format("use up the connections of {} on {} but {}", service.name, host.name, leave));
  change.resource = "connections:" + service.name;
  change.undo_class = UndoClass::SelfExpiring;
  change.apply = built_in("holder",
                          {context.hosts.host(host.name).own_program("muster-postgres"),
                           "connections",
                           "--dsn",
                           dsn,
                           "--name",
                           name,
                           "--leave",
                           fmt::format("{}", leave)});
  change.apply.timeout = kTaking;
  change.verify = psql(dsn, at_most_are_left(leave));
  change.verify.contains = "used up";
  change.undo = built_in("holder");
  change.verify_undone = psql(dsn, held_by(name));
  change.verify_undone.contains = "none is held";
  co_return result;
}

}  // namespace

FaultKind postgres_connections_fault() {
  return {{.name = "postgres_connections",
           .summary = "Uses up the connections of a PostgreSQL server, as an application that "
                      "leaks them does, and keeps what becomes free. They end with muster's "
                      "program that holds them.",
           .example = "service: db\n"
                      "leave: 3\n",
           .fields = {{.name = "service",
                       .type = Type::Name,
                       .help = "a postgres service of the stack",
                       .required = true,
                       .refers = Refers::Service},
                      {.name = "host",
                       .type = Type::Name,
                       .help = "which of its servers; the primary where left out",
                       .refers = Refers::Host},
                      {.name = "leave",
                       .type = Type::Integer,
                       .help = "how many are left to ordinary users, beside those reserved for "
                               "superusers; to look with 0 left, the dsn has to be a superuser's",
                       .fallback = "0",
                       .least = 0,
                       .most = 100000}},
           .undo = UndoClass::SelfExpiring,
           .needs = {"muster-postgres", "psql"}},
          plan};
}

}  // namespace muster
