#include "faults/flag_file.h"
#include "faults/hold.h"
#include "faults/kinds.h"
#include "faults/postgres_pair.h"
#include "faults/prediction.h"
#include "faults/process.h"
#include "faults/targets.h"

namespace muster {
namespace {

/// A program that ends well as long as the service answers on its host; nothing where the stack
/// says none.
std::vector<std::string> question_for(const StackService& service,
                                      const StackHost& host,
                                      const Where& where) {
  const Params health = service.params.object("health");
  if (health.has("http"))
    return {"curl", "--disable", "--silent", "--fail", "--noproxy", "*", health.text("http")};
  if (service.params.has("look"))
    return service_program(service, "look", host, "process_pause", where).args;
  if (service.params.object("dsn").has(host.name))
    return psql(dsn_of(service, host, where), "select 1").args;
  return {};
}

/// Seen by users rather than in the process table, if that is possible: the workers of a frozen
/// process may go on to serve. Where the service does not answer even now, its silence would say
/// nothing.
Task<> see_by_its_silence(Change& change,
                          FaultContext context,
                          const StackService& service,
                          const StackHost& host,
                          Where where) {
  std::vector<std::string> words = question_for(service, host, where);
  if (words.empty()) co_return;
  words.insert(words.begin(), {"unanswered", "1"});
  const Operation silence = looking(context, host, std::move(words));
  constexpr int kAnswered = 1;
  const CommandResult now = co_await context.hosts.host(host.name).try_run(command_of(silence));
  if (now.exit_code == kAnswered) change.verify = silence;
}

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
    co_await see_by_its_silence(change, context, targets.service, *host, where);
  }
  result.predicted = predict_lost_processes(targets, context.stack, CheckFails::ByTimeout);
  co_return result;
}

}  // namespace

FaultKind process_pause_fault() {
  return {{.name = "process_pause",
           .summary = "Freezes a service's process: its ports stay open and nobody answers. Other "
                      "processes of the service (workers) run on; where they go on to serve, the "
                      "fault does not count as in force.",
           .example = "service: app\n"
                      "region: us-east\n",
           .fields = service_target_fields(),
           .undo = UndoClass::Reversible},
          plan,
          false,
          "signals to the processes of another user"};
}

}  // namespace muster
