#include "faults/drain_region.h"
#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {

// Programs of the stack's own.

Task<FaultPlan> drain_by_command(const Params& params,
                                 FaultContext context,
                                 const Routing& routing) {
  const std::string region = params.text("region");
  const StackHost& host =
      open_host(context.stack, routing.params.text("host"), params.place("region"));
  const auto program = [&](std::string_view key) {
    std::vector<std::string> argv = routing.params.list(key);
    for (std::string& word : argv) word = with_region(word, region);
    return exec(std::move(argv));
  };
  FaultPlan result;
  Change& change = add_change(result, context, host, fmt::format("take {} out of service", region));
  change.resource = "region:" + region;
  change.apply = program("drain");
  change.verify = program("verify");
  change.undo = program("undrain");
  if (routing.params.has("verify_undrained")) {
    change.verify_undone = program("verify_undrained");
    change.undone_within = std::chrono::seconds(60);  // as long as a provider's API gets
  }
  result.predicted = predict_told_name_servers(routing);
  co_return result;
}

}  // namespace muster
