#include <algorithm>

#include "base/text.h"
#include "faults/drain_region.h"
#include "faults/kinds.h"
#include "faults/targets.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::string region = params.text("region");
  if (std::ranges::find(context.stack.regions, region) == context.stack.regions.end())
    refuse(params.place("region"), fmt::format("the stack has no region {}", region));
  const Routing* routing = context.stack.routing("gdnsd");
  if (routing == nullptr)
    refuse(params.place("region"), "only the health checks of gdnsd can be blinded so far");
  FaultPlan result = co_await force_in_gdnsd(params, context, *routing, GdnsdState::Up);
  result.users_unaffected = true;
  co_return result;
}

}  // namespace

FaultKind health_check_blind_fault() {
  return {
      {.name = "health_check_blind",
       .summary = "Lets the name servers take a region for healthy whatever happens to it. On "
                  "its own nobody notices; with another fault it shows what the health check is "
                  "worth.",
       .example = "region: us-east\n",
       .fields = {{.name = "region",
                   .type = Type::Name,
                   .help = "the region that always counts as up",
                   .required = true,
                   .refers = Refers::Region}},
       .undo = UndoClass::Reversible,
       .needs = {"gdnsdctl"}},
      plan,
      true};
}

}  // namespace muster
