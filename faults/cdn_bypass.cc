#include "faults/flag_file.h"
#include "faults/kinds.h"
#include "faults/look_before.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack, "cdn");
  const Where where = params.place("service");
  const std::string file = service_text(targets.service, "bypass_file", "cdn_bypass", where);

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    Operation look = service_program(targets.service, "look", *host, "cdn_bypass", where);
    look.lacks = targets.service.params.text("bypassed");
    const std::string who = fmt::format("{} on {}", targets.service.name, host->name);
    co_await require_not_seen_yet(context.hosts.host(host->name), look, who, where);
    Change& change = add_flag_file(
        result,
        context,
        *host,
        file,
        "muster\n",
        fmt::format(
            "let {} on {} answer nothing from its cache", targets.service.name, host->name));
    change.verify = opposite(look);
    change.verify_undone = look;
  }
  co_return result;
}

}  // namespace

FaultKind cdn_bypass_fault() {
  return {{.name = "cdn_bypass",
           .summary = "Lets an edge answer nothing from its cache: every request goes to the "
                      "origin, which shows whether the origin can bear it.",
           .example = "service: edge\n"
                      "region: us-east\n",
           .fields = service_target_fields(),
           .undo = UndoClass::Reversible},
          plan,
          true};
}

}  // namespace muster
