#include "base/text.h"
#include "faults/flag_file.h"
#include "faults/kinds.h"

namespace muster {
namespace {

/// What a name is made to be in unbound, which has a word for each but `wrong_address`: a zone
/// whose every name is what its data say.
std::string zone_type(const std::string& how) {
  if (how == "nxdomain") return "always_nxdomain";
  if (how == "refuse") return "always_refuse";
  if (how == "silent") return "always_deny";
  return "redirect";
}

Operation control(const StackService& service, std::vector<std::string> words) {
  std::vector<std::string> argv = service.params.list("control");
  argv.insert(argv.end(), words.begin(), words.end());
  return exec(std::move(argv));
}

/// Never repeated: a resolver that is silent is seen to be so in half a second.
Operation question(const StackHost& host, const std::string& name, const Where& where) {
  return exec({"dig",
               "+time=1",
               "+tries=1",
               "+noall",
               "+comments",
               "+answer",
               "@" + address_of(host, where),
               name,
               "A"});
}

/// "status: NXDOMAIN" of dig's comments; of a silent resolver dig says that itself, and fails.
std::string sign_of(const std::string& how, const std::string& address) {
  if (how == "nxdomain") return "status: NXDOMAIN";
  if (how == "refuse") return "status: REFUSED";
  return address;
}

void add_zone(FaultPlan& plan,
              const FaultContext& context,
              const StackHost& host,
              const StackService& service,
              const Params& params) {
  const std::string name = params.text("name");
  const std::string how = params.text("how");
  Change& change = add_change(
      plan,
      context,
      host,
      how == "wrong_address"
          ? fmt::format("in {} on {}, take {} over", service.name, host.name, name)
          : fmt::format("in {} on {}, answer {} by {}", service.name, host.name, name, how));
  change.resource = "dns:" + name;
  change.undo_class = UndoClass::SelfHealingOnRestart;
  change.apply = control(service, {"local_zone", name, zone_type(how)});
  change.undo = control(service, {"local_zone_remove", name});
  if (how == "wrong_address") {
    // What it answers is seen by the change that gives it an address.
    change.verify = control(service, {"list_local_zones"});
    change.verify.contains = fmt::format("{}. {}", name, zone_type(how));
    change.verify_undone = control(service, {"list_local_zones"});
    change.verify_undone.lacks = change.verify.contains;
    return;
  }
  const Operation ask = question(host, name, params.place("service"));
  change.verify = ask;
  change.verify.contains = sign_of(how, "");
  change.verify_undone = ask;
  change.verify_undone.lacks = change.verify.contains;
}

void add_address(FaultPlan& plan,
                 const FaultContext& context,
                 const StackHost& host,
                 const StackService& service,
                 const Params& params) {
  const std::string name = params.text("name");
  const std::string address = params.text("address");
  Change& change = add_change(
      plan,
      context,
      host,
      fmt::format("in {} on {}, answer {} for {}", service.name, host.name, address, name));
  change.order = 1;
  change.resource = "dns:" + name + " A";
  change.undo_class = UndoClass::SelfHealingOnRestart;
  change.apply = control(service, {"local_data", fmt::format("{} 2 IN A {}", name, address)});
  change.undo = control(service, {"local_data_remove", name});
  const Operation ask = question(host, name, params.place("service"));
  change.verify = ask;
  change.verify.contains = address;
  change.verify_undone = ask;
  change.verify_undone.lacks = address;
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack, "resolver");
  const bool wrong = params.text("how") == "wrong_address";
  if (wrong != params.has("address"))
    refuse(params.place(wrong ? "how" : "address"),
           "`address` is what `how: wrong_address` answers, and only that");
  if (wrong && is_ipv6(params.text("address")))
    refuse(params.place("address"), "an IPv4 address is wanted");

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    Command list = command_of(control(targets.service, {"list_local_zones"}));
    const CommandResult zones = co_await context.hosts.host(host->name).run(std::move(list));
    if (("\n" + zones.out).find("\n" + params.text("name") + ". ") != std::string::npos)
      refuse(
          params.place("name"),
          fmt::format(
              "{} is a local zone of the resolver on {} already", params.text("name"), host->name));
    add_zone(result, context, *host, targets.service, params);
    if (wrong) add_address(result, context, *host, targets.service, params);
  }
  co_return result;
}

}  // namespace

FaultKind dns_fail_fault() {
  return {{.name = "dns_fail",
           .summary = "Makes the users' resolver (unbound) answer wrongly for one name. A resolver "
                      "that is down altogether is process_kill of its service.",
           .example = "service: resolver\n"
                      "hosts: client-us\n"
                      "name: www.example.org\n"
                      "how: nxdomain\n",
           .fields = joined(
               service_target_fields(),
               {{.name = "name",
                 .type = Type::Text,
                 .help = "the name, as users ask for it",
                 .required = true},
                {.name = "how",
                 .type = Type::Choice,
                 .help = "what is answered",
                 .fallback = "nxdomain",
                 .choices = {"nxdomain", "refuse", "wrong_address"}},
                {.name = "address", .type = Type::Text, .help = "what wrong_address answers"}}),
           .undo = UndoClass::SelfHealingOnRestart,
           .needs = {"unbound-control", "dig"}},
          plan};
}

}  // namespace muster
