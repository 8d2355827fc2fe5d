#include "base/text.h"
#include "drills/values.h"
#include "faults/hold.h"
#include "faults/kinds.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::vector<const StackHost*> hosts = chosen_hosts(params, context.stack);
  const std::string bytes = fmt::format("{}", params.integer("size"));
  FaultPlan result;
  for (const StackHost* host : hosts) {
    Change& change = add_hold(result,
                              context,
                              *host,
                              fmt::format("on {}, take {} of memory",
                                          host->name,
                                          write_value(Type::Size, params.integer("size"))),
                              {"memory", bytes});
    const std::string id = change.apply.args[1];
    change.verify = looking(context, *host, {"held", id, bytes});
  }
  co_return result;
}

}  // namespace

FaultKind memory_fill_fault() {
  return {
      {.name = "memory_fill",
       .summary = "Takes memory of a host, touched so that it is really gone. Where it runs out "
                  "the kernel ends this first.",
       .example = "host: app1-us\n"
                  "size: 256MiB\n",
       .fields = joined(target_fields(),
                        {{.name = "size",
                          .type = Type::Size,
                          .help = "how much",
                          .required = true,
                          .least = 1 << 20}}),
       .undo = UndoClass::SelfExpiring,
       .needs = {"muster-hold", "muster-look"}},
      plan};
}

}  // namespace muster
