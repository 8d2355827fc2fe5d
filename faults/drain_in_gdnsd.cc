#include "base/text.h"
#include "faults/drain_region.h"
#include "faults/hold.h"
#include "faults/look_before.h"
#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {
namespace {

// A forced state in the admin_state file of every name server.

/// gdnsd looks at the file when it has been left alone for a second: 1.04 s in twelve of twelve
/// trials.
constexpr Duration kUntilRead = std::chrono::milliseconds(1100);

/// As `gdnsdctl states` prints it. A forced state ends with "!".
std::string forced(const std::string& resource, std::string_view state) {
  return fmt::format("\"{}\": {{\"state\": \"{}!\"", resource, state);
}

/// gdnsd silently ignores a name that it does not know, and the file is written whole: so the name
/// must be known and nobody else's state may be forced.
Task<> require_known_and_unforced(Host& host, Command states, std::string resource, Where where) {
  const CommandResult result = co_await host.run(std::move(states));
  require_whole(result, fmt::format("`gdnsdctl states` on {}", host.name()), where);
  if (result.out.find(fmt::format("\"{}\":", resource)) == std::string::npos)
    refuse(
        where,
        fmt::format("gdnsd on {} knows no {}; see `gdnsdctl states` there", host.name(), resource));
  if (result.out.find("!\"") != std::string::npos)
    refuse(where,
           fmt::format("a state is already forced in gdnsd on {}, by somebody who is at work there "
                       "or by an earlier step: its file holds one at a time",
                       host.name()));
}

/// What a name server sends users of the region to is none of the region's hosts. Nothing where the
/// stack says no name to ask for.
std::optional<Operation> users_are_sent_away(const FaultContext& context,
                                             const Routing& routing,
                                             const StackHost& server,
                                             const std::string& region) {
  if (!routing.params.has("name")) return std::nullopt;
  std::vector<std::string> addresses;
  for (const StackHost* host : context.stack.hosts_in(region))
    if (!host->address.empty() && !is_ipv6(host->address)) addresses.push_back(host->address);
  if (addresses.empty() || server.address.empty() || is_ipv6(server.address)) return std::nullopt;
  std::vector<std::string> words{
      "away", server.address, routing.params.text("name"), addresses.front()};
  words.insert(words.end(), addresses.begin(), addresses.end());
  return looking(context, server, std::move(words));
}

}  // namespace

Task<FaultPlan> force_in_gdnsd(const Params& params,
                               FaultContext context,
                               const Routing& routing,
                               GdnsdState state) {
  const bool down = state == GdnsdState::Down;
  const std::string_view word = down ? "DOWN" : "UP";
  const Where where = params.place("region");
  const std::string region = params.text("region");
  const Params resources = routing.params.object("resources");
  if (!resources.has(region))
    refuse(where, fmt::format("gdnsd's resources in the stack say nothing of {}", region));
  const std::string resource = resources.text(region);
  const std::string file = routing.params.text("admin_state");
  if (context.stack.protects(Protection::Kind::Path, file))
    refuse(where, fmt::format("{} is protected by the stack", file));
  std::vector<std::string> control = routing.params.list("control");
  control.push_back("states");
  const Operation states = exec(std::move(control));

  FaultPlan result;
  for (const std::string& name : routing.params.list("hosts")) {
    const StackHost& host = open_host(context.stack, name, where);
    co_await require_known_and_unforced(
        context.hosts.host(name), command_of(states), resource, where);
    Change& change =
        add_change(result,
                   context,
                   host,
                   fmt::format("force {} {} in gdnsd on {}", region, down ? "down" : "up", name));
    change.resource = "file:" + file;
    change.apply = built_in("file", {file}, fmt::format("{} => {}\n", resource, word));
    change.verify = states;
    change.verify.contains = forced(resource, word);
    change.undo = built_in("file", {file});
    change.verify_undone = states;
    change.verify_undone.lacks = forced(resource, word);
  }
  co_return result;
}

Task<FaultPlan> drain_in_gdnsd(const Params& params, FaultContext context, const Routing& routing) {
  FaultPlan result = co_await force_in_gdnsd(params, context, routing, GdnsdState::Down);
  result.predicted = predict_told_name_servers(routing, kUntilRead);
  const std::string region = params.text("region");
  for (Change& change : result.changes) {
    const StackHost& server = *context.stack.host(change.host);
    const std::optional<Operation> away = users_are_sent_away(context, routing, server, region);
    if (!away) continue;
    // Where users are sent elsewhere already, only gdnsd itself can tell when it was told.
    constexpr int kStillSentThere = 1;
    const CommandResult now = co_await context.hosts.host(server.name).try_run(command_of(*away));
    if (now.exit_code == kStillSentThere) change.verify = *away;
  }
  co_return result;
}

}  // namespace muster
