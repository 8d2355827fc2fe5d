#include <cmath>

#include "faults/hold.h"
#include "faults/kinds.h"

namespace muster {
namespace {

/// Of the share asked for: others may want the processors as well, and a moment is short.
constexpr double kSeenShare = 0.7;

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::vector<const StackHost*> hosts = chosen_hosts(params, context.stack);
  const auto percent = std::lround(params.number("share") * 100);
  FaultPlan result;
  for (const StackHost* host : hosts) {
    Change& change =
        add_hold(result,
                 context,
                 *host,
                 fmt::format("on {}, burn {} % of every processor", host->name, percent),
                 {"cpu", fmt::format("{}", percent)});
    const auto seen = std::lround(static_cast<double>(percent) * kSeenShare);
    change.verify = looking(context, *host, {"busy", fmt::format("{}", seen)});
    change.verify_within = std::chrono::seconds(10);
  }
  co_return result;
}

}  // namespace

FaultKind cpu_burn_fault() {
  return {
      {.name = "cpu_burn",
       .summary = "Keeps the processors of a host busy, as a runaway program does. Ends with its "
                  "guard, whatever happens.",
       .example = "host: app1-us\n"
                  "share: 90%\n",
       .fields = joined(target_fields(),
                        {{.name = "share",
                          .type = Type::Ratio,
                          .help = "of each processor",
                          .fallback = "100%",
                          .least = 0.01,
                          .most = 1}}),
       .undo = UndoClass::SelfExpiring,
       .needs = {"muster-hold", "muster-look"}},
      plan};
}

}  // namespace muster
