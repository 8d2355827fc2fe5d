#include "faults/targets.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <arpa/inet.h>

#include "base/text.h"

namespace muster {
namespace {

void require_open(const Stack& stack, const StackHost& host, const Where& where) {
  if (stack.protects(Protection::Kind::Host, host.name))
    refuse(where, fmt::format("host {} is protected by the stack", host.name));
}

std::vector<std::string> names_of(const std::vector<StackHost>& hosts) {
  std::vector<std::string> names;
  for (const StackHost& host : hosts) names.push_back(host.name);
  return names;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

/// "10.2.0.1", "10.2.0.0/16", "fd00::/64". Strict, because it becomes part of a ruleset.
bool is_address_or_prefix(const std::string& text) {
  const std::vector<std::string> parts = split(text, '/');
  const int family = is_ipv6(text) ? AF_INET6 : AF_INET;
  in6_addr address{};
  if (parts.size() > 2 || inet_pton(family, parts[0].c_str(), &address) != 1) return false;
  const bool digits =
      parts.size() == 1 ||
      (!parts[1].empty() && parts[1].size() <= 3 &&
       std::ranges::all_of(parts[1], [](char letter) { return letter >= '0' && letter <= '9'; }));
  return digits && (parts.size() == 1 || std::stoi(parts[1]) <= (is_ipv6(text) ? 128 : 32));
}

bool protects_any_process(const Stack& stack) {
  return std::ranges::any_of(stack.protections, [](const Protection& each) {
    return each.kind == Protection::Kind::Process;
  });
}

/// By its own name, the name of its program or that one's path, as the guard asks its host's
/// policy.
bool is_protected_process(const Stack& stack, std::string_view name, std::string_view path) {
  constexpr std::string_view kReplaced = " (deleted)";
  if (path.ends_with(kReplaced)) path.remove_suffix(kReplaced.size());
  const std::string_view program = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(std::array{name, program, path}, [&](std::string_view each) {
    return stack.protects(Protection::Kind::Process, each);
  });
}

/// The one of `host`, `hosts` and `region` that was written.
std::string_view written_key(const Params& params) {
  std::string_view written;
  for (const std::string_view key : {"host", "hosts", "region"}) {
    if (!params.has(key)) continue;
    if (!written.empty())
      refuse(params.place(key), fmt::format("say {} or {}, not both", written, key));
    written = key;
  }
  if (written.empty())
    refuse(params.place("service"),
           "say where: `host`, `hosts` or `region`; a fault never hits everything by default");
  return written;
}

}  // namespace

void refuse(const Where& where, std::string message) {
  throw Error(std::move(message), where);
}

Schema target_fields() {
  return {
      {.name = "host", .type = Type::Name, .help = "the one host to hit", .refers = Refers::Host},
      {.name = "hosts",
       .type = Type::NameList,
       .help = "several hosts to hit",
       .refers = Refers::Host},
      {.name = "region",
       .type = Type::Name,
       .help = "every host of this region",
       .refers = Refers::Region},
  };
}

Schema service_target_fields() {
  Schema fields = {{.name = "service",
                    .type = Type::Name,
                    .help = "a service of the stack; only its hosts among those named are hit",
                    .required = true,
                    .refers = Refers::Service}};
  return joined(std::move(fields), target_fields());
}

Schema joined(Schema first, Schema second) {
  for (Field& field : second) first.push_back(std::move(field));
  return first;
}

const StackHost& open_host(const Stack& stack, std::string_view name, const Where& where) {
  const StackHost* host = stack.host(name);
  if (host == nullptr)
    refuse(
        where,
        fmt::format("the stack has no host {}{}", name, suggestion(name, names_of(stack.hosts))));
  require_open(stack, *host, where);
  return *host;
}

const std::string& address_of(const StackHost& host, const Where& where) {
  if (host.address.empty())
    refuse(where, fmt::format("host {} has no address; give it one in the stack", host.name));
  if (!is_address_or_prefix(host.address) || host.address.find('/') != std::string::npos)
    refuse(where,
           fmt::format("host {}: {} is not an IPv4 or IPv6 address", host.name, host.address));
  return host.address;
}

bool is_ipv6(std::string_view address) {
  return address.find(':') != std::string_view::npos;
}

std::vector<std::string> addresses_named(const Stack& stack,
                                         const std::string& name,
                                         const Where& where) {
  if (is_address_or_prefix(name)) return {name};
  std::vector<std::string> addresses;
  for (const StackHost* host : hosts_named(stack, name, where))
    addresses.push_back(address_of(*host, where));
  return addresses;
}

std::vector<const StackHost*> hosts_named(const Stack& stack,
                                          const std::string& name,
                                          const Where& where) {
  if (std::ranges::find(stack.regions, name) == stack.regions.end() && stack.host(name) == nullptr)
    refuse(where,
           fmt::format("{} is neither a region nor a host of the stack{}",
                       name,
                       suggestion(name, names_of(stack.hosts))));
  if (stack.host(name) != nullptr) return {&open_host(stack, name, where)};
  std::vector<const StackHost*> hosts = stack.hosts_in(name);
  if (hosts.empty()) refuse(where, fmt::format("region {} has no hosts", name));
  for (const StackHost* host : hosts) require_open(stack, *host, where);
  return hosts;
}

std::vector<const StackHost*> chosen_hosts(const Params& params, const Stack& stack) {
  const std::string_view key = written_key(params);
  const Where where = params.place(key);
  if (key == "region") return hosts_named(stack, params.text(key), where);
  if (key == "host") return {&open_host(stack, params.text(key), where)};
  std::vector<const StackHost*> hosts;
  for (const std::string& name : params.list(key)) {
    const StackHost* host = &open_host(stack, name, where);
    if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
  }
  if (hosts.empty()) refuse(where, "an empty list of hosts hits nothing");
  return hosts;
}

ServiceTargets chosen_service(const Params& params, const Stack& stack, std::string_view kind) {
  const std::string name = params.text("service");
  const StackService* service = stack.service(name);
  if (service == nullptr)
    refuse(params.place("service"), fmt::format("the stack has no service {}", name));
  if (stack.protects(Protection::Kind::Service, name))
    refuse(params.place("service"), fmt::format("service {} is protected by the stack", name));
  if (!kind.empty() && service->kind != kind)
    refuse(params.place("service"),
           fmt::format("service {} is of kind {}, not {}", name, service->kind, kind));

  const std::string_view key = written_key(params);
  // A region may hold protected hosts that this service does not run on: only its own are looked
  // at.
  std::vector<const StackHost*> candidates =
      key == "region" ? stack.hosts_in(params.text(key)) : chosen_hosts(params, stack);
  std::erase_if(candidates, [&](const StackHost* host) {
    return std::ranges::find(service->hosts, host->name) == service->hosts.end();
  });
  if (candidates.empty())
    refuse(
        params.place(key),
        fmt::format("{} runs on none of them; its hosts are {}", name, join(service->hosts, ", ")));
  for (const StackHost* host : candidates) require_open(stack, *host, params.place(key));
  return {*service, std::move(candidates)};
}

std::vector<std::string> protected_interfaces(const Stack& stack) {
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ - 1
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  std::vector<std::string> names;
  for (const Protection& each : stack.protections) {
    if (each.kind != Protection::Kind::Interface) continue;
    // It becomes part of a ruleset.
    if (each.value.empty() || each.value.size() > kLongest || each.value.front() == '-' ||
        each.value.find_first_not_of(kLetters) != std::string::npos)
      refuse({},
             fmt::format("'{}' under `protect` in the stack is no network interface",
                         printable(each.value, 60)));
    names.push_back(each.value);
  }
  return names;
}

std::vector<std::string> service_argv(const StackService& service,
                                      std::string_view key,
                                      const Where& where) {
  std::vector<std::string> argv = service.params.list(key);
  if (argv.empty())
    refuse(where,
           fmt::format("service {} has no `{}` in the stack, so this could not be put back",
                       service.name,
                       key));
  return argv;
}

std::string pid_file_of(const StackService& service, const Where& where) {
  if (!service.params.has("pid_file"))
    refuse(where, fmt::format("service {} has no `pid_file` in the stack", service.name));
  return service.params.text("pid_file");
}

Task<> require_process(Host& host, const StackService& service, const Stack& stack, Where where) {
  const std::string pid_file = pid_file_of(service, where);
  const CommandResult pid = co_await host.try_run(command("cat", pid_file));
  if (!pid.ok())
    refuse(where,
           fmt::format("{} does not run on {}: {}", service.name, host.name(), printable(pid.err)));
  const std::string comm = fmt::format("/proc/{}/comm", trim(pid.out));
  const CommandResult program = co_await host.try_run(command("cat", comm));
  if (!program.ok())
    refuse(where,
           fmt::format("{} does not run on {}: {} names process {}, which is gone",
                       service.name,
                       host.name(),
                       pid_file,
                       trim(pid.out)));
  // A small image has no readlink: it is not asked for what nobody wants to know.
  if (!protects_any_process(stack)) co_return;
  const std::string link = fmt::format("/proc/{}/exe", trim(pid.out));
  const CommandResult path = co_await host.try_run(command("readlink", link));
  if (is_protected_process(stack, trim(program.out), trim(path.out)))
    refuse(where,
           fmt::format("process {} on {} is protected by the stack",
                       printable(trim(program.out), 40),
                       host.name()));
}

Change& add_change(FaultPlan& plan,
                   const FaultContext& context,
                   const StackHost& host,
                   std::string what) {
  constexpr std::size_t kLongestSentence = 2000;
  Change change;
  change.id = fmt::format("{}/{}", context.step, plan.changes.size() + 1);
  change.kind = context.kind;
  // It may name what a provider or a program said.
  change.what = printable(what, kLongestSentence);
  change.host = host.name;
  change.deadline = context.deadline;
  change.lease = host.lease;
  return plan.changes.emplace_back(std::move(change));
}

Operation built_in(std::string kind, std::vector<std::string> args, std::string input) {
  Operation operation;
  operation.kind = std::move(kind);
  operation.args = std::move(args);
  operation.input = std::move(input);
  return operation;
}

Command command_of(const Operation& operation) {
  Command command;
  command.argv = operation.args;
  command.input = operation.input;
  return command;
}

std::string short_id(const FaultContext& context, std::string_view host) {
  // FNV-1a: it has to be the same in every build, which std::hash does not promise.
  std::uint32_t hash = 2166136261U;
  for (const char letter : fmt::format("{}\n{}\n{}", context.run_id, context.step, host))
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return fmt::format("{:08x}", hash);
}

}  // namespace muster
