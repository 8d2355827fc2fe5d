#include "base/text.h"
#include "faults/flag_file.h"
#include "faults/kinds.h"
#include "faults/process.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack, "object_store");
  const Where where = params.place("service");
  const bool deny = params.text("how") == "deny";
  const std::string key = deny ? "deny_file" : "corrupt_file";
  const std::string file = service_text(targets.service, key, "object_store_fail", where);
  const std::string well = service_text(targets.service, "well", "object_store_fail", where);

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    const Operation look =
        service_program(targets.service, "look", *host, "object_store_fail", where);
    const CommandResult before = co_await context.hosts.host(host->name).try_run(command_of(look));
    if (before.out.find(well) == std::string::npos)
      refuse(where,
             fmt::format("{} on {} does not answer well now: {}",
                         targets.service.name,
                         host->name,
                         printable(trim(before.out + before.err), 200)));
    Change& change =
        add_flag_file(result,
                      context,
                      *host,
                      file,
                      "muster\n",
                      fmt::format("let {} on {} {}",
                                  targets.service.name,
                                  host->name,
                                  deny ? "refuse everybody" : "answer with other bytes"));
    change.verify = look;
    change.verify.lacks = well;
    change.verify_undone = look;
    change.verify_undone.contains = well;
  }
  // Wrong bytes pass for health.
  if (deny) result.predicted = predict_lost_processes(targets, context.stack, CheckFails::AtOnce);
  co_return result;
}

}  // namespace

FaultKind object_store_fail_fault() {
  return {{.name = "object_store_fail",
           .summary = "Lets an object store refuse everybody, or answer with other bytes than were "
                      "stored.",
           .example = "service: objects\n"
                      "region: us-east\n"
                      "how: deny\n",
           .fields = joined(service_target_fields(),
                            {{.name = "how",
                              .type = Type::Choice,
                              .help = "deny: every request is refused; corrupt: every object is "
                                      "answered, and wrong",
                              .fallback = "deny",
                              .choices = {"deny", "corrupt"}}}),
           .undo = UndoClass::Reversible},
          plan,
          true};
}

}  // namespace muster
