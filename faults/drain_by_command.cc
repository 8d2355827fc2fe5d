#include "base/text.h"
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
  // Its undo would put back in service what somebody else took out.
  const Operation is_out = program("verify");
  const CommandResult now = co_await context.hosts.host(host.name).try_run(command_of(is_out));
  if (now.ok())
    refuse(params.place("region"),
           fmt::format("{} is drained already: {} says so", region, show_argv(is_out.args)));

  FaultPlan result;
  Change& change = add_change(result, context, host, fmt::format("take {} out of service", region));
  change.resource = "region:" + region;
  change.apply = program("drain");
  change.verify = is_out;
  change.undo = program("undrain");
  if (routing.params.has("verify_undrained")) {
    change.verify_undone = program("verify_undrained");
    change.undone_within = std::chrono::seconds(60);  // as long as a provider's API gets
  }
  result.predicted = predict_told_name_servers(routing);
  co_return result;
}

}  // namespace muster
