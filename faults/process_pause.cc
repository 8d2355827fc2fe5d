#include "faults/kinds.h"
#include "faults/prediction.h"
#include "faults/process.h"
#include "faults/targets.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack);

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    const Where where = params.place("service");
    co_await require_process(context.hosts.host(host->name), targets.service, context.stack, where);
    Change& change =
        add_process_change(result,
                           context,
                           *host,
                           targets.service,
                           fmt::format("freeze {} on {}", targets.service.name, host->name));
    change.apply = built_in("signal", {"STOP"});
    change.verify = built_in("stopped", {"yes"});
    change.undo = built_in("signal", {"CONT"});
    change.verify_undone = built_in("stopped", {"no"});
  }
  result.predicted = predict_lost_processes(targets, context.stack, CheckFails::ByTimeout);
  co_return result;
}

}  // namespace

FaultKind process_pause_fault() {
  return {{.name = "process_pause",
           .summary = "Freezes a service's process: its ports stay open and nobody answers. Other "
                      "processes of the service (workers) run on.",
           .example = "service: app\n"
                      "region: us-east\n",
           .fields = service_target_fields(),
           .undo = UndoClass::Reversible},
          plan};
}

}  // namespace muster
