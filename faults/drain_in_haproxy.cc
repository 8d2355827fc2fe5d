#include "base/text.h"
#include "faults/drain_region.h"
#include "faults/look_before.h"
#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {
namespace {

// A flag in a map that makes the region's health check fail while users are still served.

Operation at_socket(const std::string& socket, const std::string& line) {
  return exec({"socat", "-", "UNIX-CONNECT:" + socket}, line + "\n");
}

/// The value of `key` in what `show map` prints, one entry a line: "0x55d0c8 region up\n".
std::string value_in_map(std::string_view listing, const std::string& key) {
  for (const std::string& line : split(listing, '\n')) {
    const std::vector<std::string> words = split(trim(line), ' ');
    if (words.size() == 3 && words[1] == key) return words[2];
  }
  return "";
}

/// What `show map` prints where `key` has this very value: "drain" is not "draining", which
/// somebody else may have set.
std::string entry_of(const std::string& key, std::string_view value) {
  return fmt::format(" {} {}\n", key, value);
}

/// The status of what the name servers ask for.
Operation ask_for_health(const Routing& routing, const StackHost& host, const Where& where) {
  const std::string url =
      replaced(routing.params.text("health"), "{address}", address_of(host, where));
  return exec({"curl",
               "--disable",
               "--silent",
               "--show-error",
               "--output",
               "/dev/null",
               "--noproxy",
               "*",
               "--max-time",
               "2",
               "--write-out",
               "status %{http_code}",
               "--url",
               url});
}

constexpr std::string_view kWell = "status 200";

}  // namespace

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
  require_whole(listing, fmt::format("{} of haproxy on {}", map, host.name), where);
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
  change.verify.contains = entry_of(key, "drain");
  if (routing.params.has("health")) {
    Operation health = ask_for_health(routing, host, where);
    const CommandResult now = co_await context.hosts.host(host.name).try_run(command_of(health));
    // Where it fails already, only the map can tell when it was drained.
    if (now.out.find(kWell) != std::string::npos) {
      health.contains = "status ";
      health.lacks = kWell;
      change.verify = std::move(health);
    }
  }
  change.undo = at_socket(socket, fmt::format("set map {} {} {}", map, key, before));
  change.undo.contains = entry_of(key, "drain");
  change.verify_undone = show;
  change.verify_undone.contains = entry_of(key, before);
  result.predicted = predict_failing_region(routing, CheckFails::AtOnce);
  co_return result;
}

}  // namespace muster
