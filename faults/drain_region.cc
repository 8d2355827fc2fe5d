#include "faults/drain_region.h"

#include <algorithm>

#include "base/text.h"
#include "faults/kinds.h"
#include "faults/targets.h"

namespace muster {
namespace {

const Routing& chosen_routing(const Params& params, const Stack& stack) {
  const std::string via = params.has("via") ? params.text("via") : "";
  const Routing* routing = stack.routing(via);
  if (routing == nullptr || routing->kind.empty())
    refuse(params.place("via"),
           via.empty() ? "the stack has no routing, so muster does not know how a region is drained"
                       : fmt::format("the stack's routing has no {}", via));
  return *routing;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::string region = params.text("region");
  if (std::ranges::find(context.stack.regions, region) == context.stack.regions.end())
    refuse(params.place("region"), fmt::format("the stack has no region {}", region));
  if (context.stack.regions.size() < 2)
    refuse(params.place("region"), fmt::format("{} is the only region: nobody could move", region));

  const Routing& routing = chosen_routing(params, context.stack);
  FaultPlan result;
  if (routing.kind == "gdnsd")
    result = co_await drain_in_gdnsd(params, context, routing);
  else if (routing.kind == "haproxy")
    result = co_await drain_in_haproxy(params, context, routing);
  else if (routing.kind == "http")
    result = co_await drain_by_http(params, context, routing);
  else
    result = co_await drain_by_command(params, context, routing);
  if (result.changes.empty())
    refuse(params.place("region"), fmt::format("{} has no hosts in the stack", routing.kind));
  result.regions_out = {region};
  co_return result;
}

}  // namespace

std::string with_region(std::string text, std::string_view region) {
  constexpr std::string_view kMark = "{region}";
  for (std::size_t at = text.find(kMark); at != std::string::npos;
       at = text.find(kMark, at + region.size()))
    text.replace(at, kMark.size(), region);
  return text;
}

FaultKind drain_region_fault() {
  return {{.name = "drain_region",
           .summary = "Takes a region out of service the way the stack says it is done here; its "
                      "users are expected to move to another.",
           .example = "region: us-east\n",
           .fields = {{.name = "region",
                       .type = Type::Name,
                       .help = "the region that users leave",
                       .required = true,
                       .refers = Refers::Region},
                      {.name = "via",
                       .type = Type::Choice,
                       .help = "which part of the stack's routing; the first one where left out",
                       .choices = {"gdnsd", "haproxy", "http", "command"}}},
           .undo = UndoClass::Reversible,
           .needs = {"gdnsdctl", "socat"}},
          plan,
          true};
}

}  // namespace muster
