#include "base/text.h"
#include "faults/kinds.h"
#include "faults/targets.h"

namespace muster {
namespace {

Operation run_of(const Params& params, std::string_view key) {
  if (!params.has(key)) return {};
  Operation operation = exec(params.list(key));
  operation.timeout = params.duration("timeout");
  return operation;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const StackHost& host = open_host(context.stack, params.text("host"), params.place("host"));

  FaultPlan result;
  const std::vector<std::string> apply = params.list("apply");
  Change& change =
      add_change(result, context, host, fmt::format("run {} on {}", apply.front(), host.name));
  change.resource = "command:" + show_argv(apply);
  change.apply = run_of(params, "apply");
  change.verify = run_of(params, "verify");
  change.undo = run_of(params, "undo");
  change.verify_undone = run_of(params, "verify_undone");
  change.verify_within = params.duration("within");
  change.undone_within = params.duration("within");
  co_return result;
}

}  // namespace

FaultKind command_fault() {
  return {{.name = "command",
           .summary = "Runs your own programs: one that breaks, one that mends, and ones that look "
                      "whether it is so (exit code 0: yes).",
           .example = "host: here\n"
                      "apply: [touch, /tmp/maintenance]\n"
                      "verify: [test, -e, /tmp/maintenance]\n"
                      "undo: [rm, -f, /tmp/maintenance]\n"
                      "verify_undone: [test, \"!\", -e, /tmp/maintenance]\n",
           .fields = {{.name = "host",
                       .type = Type::Name,
                       .help = "where they run",
                       .required = true,
                       .refers = Refers::Host},
                      {.name = "apply", .type = Type::Argv, .help = "breaks it", .required = true},
                      {.name = "verify",
                       .type = Type::Argv,
                       .help = "exits with 0 once the effect is there; retried until then",
                       .required = true},
                      {.name = "undo",
                       .type = Type::Argv,
                       .help = "puts it back; may run more than once",
                       .required = true},
                      {.name = "verify_undone",
                       .type = Type::Argv,
                       .help = "exits with 0 once the effect is gone; without it, the undo's own "
                               "exit code is believed"},
                      {.name = "timeout",
                       .type = Type::Duration,
                       .help = "for each program",
                       .fallback = "10s",
                       .least = 0.1},
                      {.name = "within",
                       .type = Type::Duration,
                       .help = "how long the effect may take to show, and to go",
                       .fallback = "10s",
                       .least = 0.1}},
           .undo = UndoClass::Reversible},
          plan};
}

}  // namespace muster
