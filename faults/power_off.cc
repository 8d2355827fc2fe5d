#include <algorithm>

#include "base/text.h"
#include "faults/kinds.h"
#include "faults/process.h"

namespace muster {
namespace {

/// Undone in the opposite order: what others need to start comes back first.
int order_of(const StackService& service) {
  if (service.kind == "postgres" || service.kind == "redis") return 2;
  return service.kind == "process" || service.kind == "object_store" ? 1 : 0;
}

bool runs_on(const StackService& service, const StackHost& host) {
  return std::ranges::find(service.hosts, host.name) != service.hosts.end();
}

Task<> add_service(FaultPlan& plan,
                   FaultContext context,
                   const StackService& service,
                   const StackHost& host,
                   Where where) {
  if (context.stack.protects(Protection::Kind::Service, service.name))
    refuse(where, fmt::format("service {} is protected by the stack", service.name));
  const std::vector<std::string> start = service_argv(service, "start", where);
  co_await require_process(context.hosts.host(host.name), service, context.stack, where);
  Change& change = add_process_change(
      plan,
      context,
      host,
      service,
      fmt::format("end {} on {}, as if its power had failed", service.name, host.name));
  change.order = order_of(service);
  change.apply = built_in("signal", {"KILL"});
  change.verify = built_in("gone");
  undo_by_start(change, start);
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::vector<const StackHost*> hosts = chosen_hosts(params, context.stack);
  const Where where = params.place(params.has("region") ? "region" : "hosts");
  FaultPlan result;
  for (const StackHost* host : hosts)
    for (const StackService& service : context.stack.services)
      if (runs_on(service, *host) && service.params.has("pid_file"))
        co_await add_service(result, context, service, *host, where);
  if (result.changes.empty()) refuse(where, "no service of the stack with a `pid_file` runs there");
  const Routing* routing = context.stack.routing("");
  if (params.has("region") && routing != nullptr)
    result.predicted = predict_no_servers(*routing, CheckFails::AtOnce);
  co_return result;
}

}  // namespace

FaultKind power_off_fault() {
  return {
      {.name = "power_off",
       .summary = "Ends every service of the hosts at once by SIGKILL, as a power cut does. The "
                  "undo starts them again, databases first.",
       .example = "region: eu-west\n",
       .fields = target_fields(),
       .undo = UndoClass::Reversible},
      plan,
      false,
      "signals to the processes of every user"};
}

}  // namespace muster
