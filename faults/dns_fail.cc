#include <algorithm>

#include "base/text.h"
#include "faults/flag_file.h"
#include "faults/kinds.h"
#include "faults/look_before.h"

namespace muster {
namespace {

/// One name has many spellings: here it is in lower case and without the dot at its end.
std::string plain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string plain(name);
  for (char& letter : plain)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return plain;
}

/// It becomes a word of dig's and of unbound-control's, and part of what is looked for in what
/// these print.
std::string name_of_users(const Params& params) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  const std::string name = plain_name(params.text("name"));
  const bool well = !name.empty() && !name.starts_with('-') && !name.starts_with('.') &&
                    !name.ends_with('.') && name.find("..") == std::string::npos &&
                    name.find_first_not_of(kLetters) == std::string::npos;
  if (!well)
    refuse(params.place("name"),
           fmt::format("'{}' is no name that users ask for", printable(params.text("name"), 80)));
  return name;
}

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
  const std::string name = name_of_users(params);
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
  const std::string name = name_of_users(params);
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

/// One zone a line: "www.example.org. redirect".
bool has_zone(std::string_view listing, const std::string& name) {
  const std::vector<std::string> lines = split(listing, '\n');
  return std::ranges::any_of(lines, [&](const std::string& line) {
    return plain_name(line.substr(0, line.find(' '))) == name;
  });
}

/// A zone that was there before would be retyped by ours, and taken away by our undo.
Task<> require_no_zone(Host& host, Command list, std::string name, Where where) {
  const CommandResult zones = co_await host.run(std::move(list));
  require_whole(
      zones, fmt::format("the list of the resolver's local zones on {}", host.name()), where);
  if (has_zone(zones.out, name))
    refuse(where,
           fmt::format("{} is a local zone of the resolver on {} already", name, host.name()));
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack, "resolver");
  const bool wrong = params.text("how") == "wrong_address";
  if (wrong != params.has("address"))
    refuse(params.place(wrong ? "how" : "address"),
           "`address` is what `how: wrong_address` answers, and only that");
  if (wrong && is_ipv6(params.text("address")))
    refuse(params.place("address"), "an IPv4 address is wanted");

  const std::string name = name_of_users(params);
  const std::string address = wrong ? params.text("address") : "";
  const Where where = params.place("name");

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    Host& resolver = context.hosts.host(host->name);
    Command list = command_of(control(targets.service, {"list_local_zones"}));
    co_await require_no_zone(resolver, std::move(list), name, where);
    Operation ask = question(*host, name, params.place("service"));
    ask.lacks = sign_of(params.text("how"), address);
    const std::string who = fmt::format("for {}, {} on {}", name, targets.service.name, host->name);
    co_await require_not_seen_yet(resolver, ask, who, where);
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
          plan,
          true};
}

}  // namespace muster
