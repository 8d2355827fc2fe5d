#include <algorithm>

#include "base/text.h"
#include "faults/kinds.h"
#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {
namespace {

// ---- gdnsd: a forced state in its admin_state file, on every name server

/// gdnsd looks at the file when it has been left alone for a second: 1.04 s in twelve of twelve
/// trials.
constexpr Duration kUntilRead = std::chrono::milliseconds(1100);

/// As `gdnsdctl states` prints it. A forced state ends with "!".
std::string forced_down(const std::string& resource) {
  return fmt::format("\"{}\": {{\"state\": \"DOWN!\"", resource);
}

/// gdnsd silently ignores a name that it does not know, and the file is written whole: so the name
/// must be known and nobody else's state may be forced.
Task<> require_known_and_unforced(Host& host, Command states, std::string resource, Where where) {
  const CommandResult result = co_await host.run(std::move(states));
  if (result.out.find(fmt::format("\"{}\":", resource)) == std::string::npos)
    refuse(
        where,
        fmt::format("gdnsd on {} knows no {}; see `gdnsdctl states` there", host.name(), resource));
  if (result.out.find("!\"") != std::string::npos)
    refuse(where,
           fmt::format("a state is already forced in gdnsd on {}: somebody is at work there",
                       host.name()));
}

Task<FaultPlan> drain_in_gdnsd(const Params& params, FaultContext context, const Routing& routing) {
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
    Change& change = add_change(
        result, context, host, fmt::format("force {} down in gdnsd on {}", region, name));
    change.resource = "file:" + file;
    change.apply = built_in("file", {file}, resource + " => DOWN\n");
    change.verify = states;
    change.verify.contains = forced_down(resource);
    change.undo = built_in("file", {file});
    change.verify_undone = states;
    change.verify_undone.lacks = forced_down(resource);
  }
  result.predicted = predict_told_name_servers(routing, kUntilRead);
  co_return result;
}

// ---- haproxy: a flag in a map that makes the region's health check fail while users are still
// served

Operation at_socket(const std::string& socket, const std::string& line) {
  return exec({"socat", "-", "UNIX-CONNECT:" + socket}, line + "\n");
}

/// The value of `key` in what `show map` prints: "0x55d0c8 region up".
std::string value_in_map(std::string_view listing, const std::string& key) {
  for (const std::string& line : split(listing, '\n')) {
    const std::vector<std::string> words = split(trim(line), ' ');
    if (words.size() == 3 && words[1] == key) return words[2];
  }
  return "";
}

Task<FaultPlan> drain_in_haproxy(const Params& params,
                                 FaultContext context,
                                 const Routing& routing) {
  const Where where = params.place("region");
  const std::string region = params.text("region");
  const Params hosts = routing.params.object("hosts");
  if (!hosts.has(region))
    refuse(where, fmt::format("haproxy's hosts in the stack say nothing of {}", region));
  const StackHost& host = open_host(context.stack, hosts.text(region), where);
  const std::string socket = routing.params.text("socket");
  const std::string map = routing.params.text("map");
  const std::string key = routing.params.text("key");

  const Operation show = at_socket(socket, "show map " + map);
  const CommandResult listing = co_await context.hosts.host(host.name).run(command_of(show));
  const std::string before = value_in_map(listing.out, key);
  if (before.empty())
    refuse(where, fmt::format("haproxy on {} has no {} in {}", host.name, key, map));
  if (before == "drain") refuse(where, fmt::format("{} is drained already", region));

  FaultPlan result;
  Change& change = add_change(
      result, context, host, fmt::format("let {} fail its health check on {}", region, host.name));
  change.resource = "haproxy:" + map;
  change.apply = at_socket(socket, fmt::format("set map {} {} drain", map, key));
  change.verify = show;
  change.verify.contains = fmt::format(" {} drain", key);
  change.undo = at_socket(socket, fmt::format("set map {} {} {}", map, key, before));
  change.undo.contains = change.verify.contains;
  change.verify_undone = show;
  change.verify_undone.contains = fmt::format(" {} {}", key, before);
  result.predicted = predict_failing_region(routing, CheckFails::AtOnce);
  co_return result;
}

// ---- programs of the stack's own

std::vector<std::string> for_region(std::vector<std::string> argv, const std::string& region) {
  constexpr std::string_view kMark = "{region}";
  for (std::string& word : argv)
    for (std::size_t at = word.find(kMark); at != std::string::npos;
         at = word.find(kMark, at + region.size()))
      word.replace(at, kMark.size(), region);
  return argv;
}

FaultPlan drain_by_command(const Params& params,
                           const FaultContext& context,
                           const Routing& routing) {
  const std::string region = params.text("region");
  const StackHost& host =
      open_host(context.stack, routing.params.text("host"), params.place("region"));
  const auto program = [&](std::string_view key) {
    return exec(for_region(routing.params.list(key), region));
  };
  FaultPlan result;
  Change& change = add_change(result, context, host, fmt::format("take {} out of service", region));
  change.resource = "region:" + region;
  change.apply = program("drain");
  change.verify = program("verify");
  change.undo = program("undrain");
  result.predicted = predict_told_name_servers(routing);
  return result;
}

// ---- which of them

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
  else
    result = drain_by_command(params, context, routing);
  if (result.changes.empty())
    refuse(params.place("region"), fmt::format("{} has no hosts in the stack", routing.kind));
  result.regions_out = {region};
  co_return result;
}

}  // namespace

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
                       .choices = {"gdnsd", "haproxy", "command"}}},
           .undo = UndoClass::Reversible},
          plan};
}

}  // namespace muster
