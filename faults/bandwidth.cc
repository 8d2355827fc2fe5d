#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "faults/kinds.h"
#include "faults/targets.h"

namespace muster {
namespace {

// A handle of our own tells our queue from any other's: tc deletes it by that and refuses if
// another stands there. The kernel's own queue has the handle 0 and nobody else's has.
constexpr std::string_view kHandle = "7a31:";

Task<std::string> default_interface(Host& host, Where where) {
  const CommandResult routes = co_await host.run(command("ip", "-j", "route", "show", "default"));
  const json::value parsed = parse_json(routes.out, "ip route");
  if (!parsed.is_array() || parsed.as_array().empty())
    refuse(where, fmt::format("{} has no default route; name the interface", host.name()));
  co_return text_at(parsed.as_array().front().as_object(), "dev");
}

/// What `tc` understands is any name of an interface: those that the kernel calls it besides, too.
struct Interface {
  std::string name;  ///< the one that stands in routes and rules
  std::vector<std::string> others;
};

Task<Interface> interface_named(Host& host, std::string name, Where where) {
  const CommandResult shown =
      co_await host.try_run(command("ip", "-j", "link", "show", "dev", name));
  if (!shown.ok())
    refuse(where, fmt::format("{} has no interface {}", host.name(), printable(name, 40)));
  const json::value parsed = parse_json(shown.out, "ip link");
  Interface found{name, {}};
  for (const json::value& each : parsed.as_array()) {
    const json::object& entry = each.as_object();
    found.name = text_at(entry, "ifname");
    if (const json::value* others = find(entry, "altnames"))
      found.others = json::value_to<std::vector<std::string>>(*others);
  }
  co_return found;
}

void require_unprotected(const Interface& interface, const Stack& stack, const Where& where) {
  std::vector<std::string> names = interface.others;
  names.push_back(interface.name);
  for (const std::string& name : names)
    if (stack.protects(Protection::Kind::Interface, name))
      refuse(where, fmt::format("interface {} is protected by the stack", name));
}

/// The kernel's own queue has the handle 0; whatever else stands there, somebody configured.
Task<> require_default_queue(Host& host, std::string interface, Where where) {
  const CommandResult shown =
      co_await host.run(command("tc", "-j", "qdisc", "show", "dev", interface));
  const json::value queues = parse_json(shown.out, "tc qdisc");
  for (const json::value& queue : queues.as_array()) {
    const json::object& entry = queue.as_object();
    if (find(entry, "root") != nullptr && text_at(entry, "handle") != "0:")
      refuse(where,
             fmt::format("{} on {} already has a {} queue; it is not muster's to replace",
                         interface,
                         host.name(),
                         text_at(entry, "kind")));
  }
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Where where = params.place("host");
  const StackHost& target = open_host(context.stack, params.text("host"), where);
  Host& host = context.hosts.host(target.name).network();
  std::string asked_for;
  if (params.has("interface"))
    asked_for = params.text("interface");
  else
    asked_for = co_await default_interface(host, where);
  const Interface found = co_await interface_named(host, asked_for, where);
  require_unprotected(found, context.stack, where);
  const std::string& interface = found.name;
  co_await require_default_queue(host, interface, where);

  const std::int64_t rate = params.integer("rate");
  // The bucket must hold a full frame, and what comes between two ticks of a slow clock at high
  // rates.
  const std::int64_t burst = std::max<std::int64_t>(3000, rate / 8 / 100);

  FaultPlan result;
  Change& change = add_change(
      result,
      context,
      target,
      fmt::format("let {} send at most {} kbit/s through {}", target.name, rate / 1000, interface));
  change.on_network = true;
  change.resource = "qdisc:" + interface;
  change.undo_class = UndoClass::SelfHealingOnRestart;
  change.apply = exec({"tc",
                       "qdisc",
                       "add",
                       "dev",
                       interface,
                       "root",
                       "handle",
                       std::string(kHandle),
                       "tbf",
                       "rate",
                       fmt::format("{}bit", rate),
                       "burst",
                       fmt::format("{}", burst),
                       "latency",
                       "400ms"});
  change.verify = exec({"tc", "-s", "qdisc", "show", "dev", interface, "root"});
  change.verify.contains = fmt::format("qdisc tbf {}", kHandle);
  change.verify.lacks = "overlimits 0 requeues";  // nothing had to wait
  change.verify_within = std::chrono::seconds(15);
  change.undo =
      exec({"tc", "qdisc", "del", "dev", interface, "root", "handle", std::string(kHandle)});
  change.undo.contains = change.verify.contains;
  change.undo.lacks = " 0: root";  // nothing at all is shown where the interface is down
  change.verify_undone = exec({"tc", "qdisc", "show", "dev", interface, "root"});
  change.verify_undone.lacks = kHandle;
  co_return result;
}

}  // namespace

FaultKind bandwidth_fault() {
  return {
      {.name = "bandwidth",
       .summary = "Limits how fast a host can send, as a full or shrunk link does. Refuses where "
                  "the interface has a queue of its own already.",
       .example = "host: lb-us\n"
                  "rate: 64kbit\n",
       .fields = {{.name = "host",
                   .type = Type::Name,
                   .help = "the sender",
                   .required = true,
                   .refers = Refers::Host},
                  {.name = "rate",
                   .type = Type::Bandwidth,
                   .help = "bits per second that still get through",
                   .required = true,
                   .least = 8000},
                  {.name = "interface",
                   .type = Type::Text,
                   .help = "the default route's where left out"}},
       .undo = UndoClass::SelfHealingOnRestart,
       .needs = {"tc", "ip"}},
      plan,
      false,
      "a shaper on a network interface"};
}

}  // namespace muster
