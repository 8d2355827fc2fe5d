#include "base/json.h"
#include "base/text.h"
#include "faults/drain_region.h"
#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {
namespace {

// One value behind a provider's API. The guard runs on a machine of ours, by muster-setting.

/// What the region is called there.
std::string name_there(const Routing& routing, const std::string& region) {
  const Params names = routing.params.object("names");
  return names.has(region) ? names.text(region) : region;
}

/// For the stdin of muster-setting. Holds references to secrets, never one of them.
std::string api_of(const Routing& routing, const std::string& name, const Where& where) {
  const Params& params = routing.params;
  json::object api;
  for (const char* key : {"url", "value", "method", "write", "body", "ok"})
    if (params.has(key)) api[key] = with_region(params.text(key), name);
  if (text_at(api, "body").find("{value}") == std::string::npos)
    refuse(where,
           "the `body` of the stack's http routing has no {value}, so nothing could be put back");
  if (!text_at(api, "value").starts_with("/"))
    refuse(where,
           "the `value` of the stack's http routing is no JSON pointer; one begins with a slash: "
           "/result/enabled");
  api["headers"] = params.object("headers").values();
  return compact_json(api);
}

/// As muster-setting prints it.
std::string drained_value(const Routing& routing, const Where& where) {
  try {
    return compact_json(parse_json(routing.params.text("drained"), "`drained`"));
  } catch (const Error& error) {
    refuse(
        where,
        fmt::format("in the stack's http routing, {}; write a text as '\"text\"'", error.what()));
  }
}

/// As `muster-setting show` prints it.
std::string shown(const std::string& value) {
  return fmt::format("value={};\n", value);
}

}  // namespace

Task<FaultPlan> drain_by_http(const Params& params, FaultContext context, const Routing& routing) {
  const Where where = params.place("region");
  const std::string region = params.text("region");
  const StackHost& host = open_host(context.stack, routing.params.text("host"), where);
  Host& here = context.hosts.host(host.name);
  const std::string api = api_of(routing, name_there(routing, region), where);
  const std::string drained = drained_value(routing, where);
  const auto call = [&](std::vector<std::string> words) {
    words.insert(words.begin(), here.own_program("muster-setting"));
    Operation operation = exec(std::move(words), api);
    operation.timeout = std::chrono::seconds(25);
    return operation;
  };

  const Operation read = call({"read"});
  Command look = command_of(read);
  look.timeout = read.timeout;
  const CommandResult found = co_await here.run(std::move(look));
  const std::string before(trim(found.out));
  if (before == drained) refuse(where, fmt::format("{} is drained already", region));

  FaultPlan result;
  Change& change = add_change(
      result,
      context,
      host,
      fmt::format(
          "set {} of {} from {} to {}", routing.params.text("value"), region, before, drained));
  change.resource = "http:" + with_region(routing.params.text("url"), name_there(routing, region));
  change.apply = call({"set", before, drained});
  change.verify = call({"show"});
  change.verify.contains = shown(drained);
  change.undo = call({"restore", drained, before});
  change.undo.contains = change.verify.contains;
  change.verify_undone = call({"show"});
  change.verify_undone.contains = shown(before);
  change.verify_within = std::chrono::seconds(30);
  change.undone_within = std::chrono::seconds(60);
  result.predicted = predict_told_name_servers(routing);
  co_return result;
}

}  // namespace muster
