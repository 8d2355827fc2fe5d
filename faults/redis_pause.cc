#include "base/text.h"
#include "faults/kinds.h"
#include "faults/redis.h"
#include "faults/replica_pair.h"

namespace muster {
namespace {

/// Changes nothing, and Redis counts it among the writes. The answer is how many listen.
constexpr std::string_view kQuestion = "PUBLISH muster:look 1";
constexpr std::string_view kAnswer = ":";

// A pause of everything cannot be undone: Redis 7.0 lets CLIENT UNPAUSE itself wait until it is
// over.
Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Where where = params.place("service");
  const StackService& service = replicated_service(params, context.stack, "redis");
  const StackHost& primary = open_host(context.stack, service.params.text("primary"), where);
  const Operation look = redis_says(service, primary, kQuestion);
  const CommandResult now = co_await context.hosts.host(primary.name).run(command_of(look));
  if (!now.out.starts_with(kAnswer))
    refuse(where,
           fmt::format("Redis on {} does not answer well now: {}",
                       primary.name,
                       printable(trim(now.out), 120)));

  FaultPlan result;
  Change& change = add_change(result,
                              context,
                              primary,
                              fmt::format("let Redis on {} keep who writes waiting", primary.name));
  change.resource = "pause:" + service.name;
  change.undo_class = UndoClass::SelfExpiring;  // Redis itself ends it, at the deadline
  const auto longest =
      std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline).count();
  change.apply = redis_says(service, primary, fmt::format("CLIENT PAUSE {} WRITE", longest));
  change.apply.contains = "+OK";
  change.verify = look;
  change.verify.lacks = kAnswer;
  change.undo = redis_says(service, primary, "CLIENT UNPAUSE");
  change.verify_undone = look;
  change.verify_undone.contains = kAnswer;
  co_return result;
}

}  // namespace

FaultKind redis_pause_fault() {
  return {
      {.name = "redis_pause",
       .summary = "Lets a Redis primary keep those who write waiting (CLIENT PAUSE WRITE), until "
                  "the undo or the deadline. For a Redis that answers nobody, freeze it: "
                  "process_pause.",
       .example = "service: cache\n",
       .fields = {{.name = "service",
                   .type = Type::Name,
                   .help = "a redis service of the stack",
                   .required = true,
                   .refers = Refers::Service}},
       .undo = UndoClass::SelfExpiring,
       .needs = {"socat"}},
      plan,
      true};
}

}  // namespace muster
