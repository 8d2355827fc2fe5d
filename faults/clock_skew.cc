#include "base/text.h"
#include "faults/flag_file.h"
#include "faults/kinds.h"

namespace muster {
namespace {

Operation clock_is(const FaultContext& context,
                   const StackHost& host,
                   const Params& clock,
                   std::int64_t seconds) {
  return exec({context.hosts.host(host.name).own_program("muster-look"),
               "clock",
               clock.text("endpoint"),
               clock.text("path"),
               fmt::format("{:+}", seconds)});
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack);
  const Where where = params.place("service");
  if (!targets.service.params.has("clock"))
    refuse(where,
           fmt::format("service {} has no `clock` in the stack: muster sets no clock but one that "
                       "is the service's alone",
                       targets.service.name));
  const Params clock = targets.service.params.object("clock");
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(params.duration("by")).count() *
      (params.text("direction") == "behind" ? -1 : 1);

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    Change& change = add_flag_file(result,
                                   context,
                                   *host,
                                   clock.text("file"),
                                   fmt::format("{:+}\n", seconds),
                                   fmt::format("set the clock of {} on {} {} {}",
                                               targets.service.name,
                                               host->name,
                                               human_duration(params.duration("by")),
                                               params.text("direction")));
    change.verify = clock_is(context, *host, clock, seconds);
    change.verify_within = std::chrono::seconds(10);
    change.verify_undone = clock_is(context, *host, clock, 0);
  }
  co_return result;
}

}  // namespace

FaultKind clock_skew_fault() {
  return {{.name = "clock_skew",
           .summary = "Sets the clock of a service wrong, and of nothing else on its host "
                      "(libfaketime, as the stack says).",
           .example = "service: app\n"
                      "region: eu-west\n"
                      "by: 5m\n"
                      "direction: behind\n",
           .fields = joined(service_target_fields(),
                            {{.name = "by",
                              .type = Type::Duration,
                              .help = "how far, in whole seconds",
                              .required = true,
                              .least = 3,
                              .most = 864000},
                             {.name = "direction",
                              .type = Type::Choice,
                              .help = "behind: it thinks that it is earlier than it is",
                              .fallback = "behind",
                              .choices = {"behind", "ahead"}}}),
           .undo = UndoClass::Reversible,
           .needs = {"muster-look", "libfaketime"}},
          plan};
}

}  // namespace muster
