#include "faults/kinds.h"
#include "faults/process.h"
#include "faults/targets.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Where where = params.place("service");
  const ServiceTargets targets = chosen_service(params, context.stack);
  const std::vector<std::string> stop = service_argv(targets.service, "stop", where);
  const std::vector<std::string> start = service_argv(targets.service, "start", where);

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    co_await require_process(context.hosts.host(host->name), targets.service, context.stack, where);
    Change& change =
        add_process_change(result,
                           context,
                           *host,
                           targets.service,
                           fmt::format("stop {} on {} in order", targets.service.name, host->name));
    change.apply = exec(stop);
    change.apply.timeout = kServiceCommandTimeout;
    change.verify = built_in("gone");
    undo_by_start(change, start);
  }
  result.predicted = predict_lost_processes(targets, context.stack, CheckFails::AtOnce);
  co_return result;
}

}  // namespace

FaultKind service_stop_fault() {
  return {{.name = "service_stop",
           .summary = "Stops a service by its own stop command, as a deploy or an operator would; "
                      "the undo starts it again.",
           .example = "service: balancer\n"
                      "region: us-east\n",
           .fields = service_target_fields(),
           .undo = UndoClass::Reversible},
          plan};
}

}  // namespace muster
