#include "faults/kinds.h"
#include "faults/prediction.h"
#include "faults/process.h"
#include "faults/targets.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack);
  const std::vector<std::string> start =
      service_argv(targets.service, "start", params.place("service"));
  const std::string signal = params.text("signal");

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    const Where where = params.place("service");
    co_await require_process(context.hosts.host(host->name), targets.service, context.stack, where);
    Change& change = add_process_change(
        result,
        context,
        *host,
        targets.service,
        fmt::format("end {} on {} with SIG{}", targets.service.name, host->name, signal));
    change.apply = built_in("signal", {signal});
    change.verify = built_in("gone");
    undo_by_start(change, start);
  }
  result.predicted = predict_lost_processes(targets, context.stack, CheckFails::AtOnce);
  co_return result;
}

}  // namespace

FaultKind process_kill_fault() {
  return {{.name = "process_kill",
           .summary = "Ends a service's process; the undo starts the service again. Children that "
                      "outlive their parent are not touched.",
           .example = "service: app\n"
                      "hosts: [app1-us, app2-us]\n"
                      "signal: KILL\n",
           .fields = joined(service_target_fields(),
                            {{.name = "signal",
                              .type = Type::Choice,
                              .help = "KILL leaves it no time; TERM asks it to end in order",
                              .fallback = "KILL",
                              .choices = {"KILL", "TERM"}}}),
           .undo = UndoClass::Reversible},
          plan,
          false,
          "signals to the processes of another user"};
}

}  // namespace muster
