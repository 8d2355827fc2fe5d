#pragma once

#include <string>
#include <vector>

#include "base/tasks.h"
#include "drills/stack.h"
#include "faults/fault.h"

namespace muster {

// What every kind of fault needs to say whom it hits. All of these throw Error, placed at the key
// that is wrong.

/// `host`, `hosts` and `region`: exactly one of them has to be written.
Schema target_fields();
/// `service`, and on which of its hosts.
Schema service_target_fields();
Schema joined(Schema first, Schema second);

/// The hosts that `host`, `hosts` or `region` name. Never empty, never one that the stack protects.
std::vector<const StackHost*> chosen_hosts(const Params& params, const Stack& stack);

struct ServiceTargets {
  const StackService& service;
  std::vector<const StackHost*> hosts;  ///< those of the service that were chosen; never empty
};
/// `kind`: what the service has to be, where only that can be broken in this way.
ServiceTargets chosen_service(const Params& params, const Stack& stack, std::string_view kind = {});

/// The host a playbook or stack names, if it may be touched.
const StackHost& open_host(const Stack& stack, std::string_view name, const Where& where);
/// Its address, for faults that tell packets apart: always an IPv4 or IPv6 literal.
const std::string& address_of(const StackHost& host, const Where& where);

/// What a name in a list of hosts and regions stands for.
std::vector<const StackHost*> hosts_named(const Stack& stack,
                                          const std::string& name,
                                          const Where& where);

/// The addresses of what a name stands for, or the address or prefix ("10.2.0.0/16") that it is
/// itself.
std::vector<std::string> addresses_named(const Stack& stack,
                                         const std::string& name,
                                         const Where& where);
bool is_ipv6(std::string_view address);

/// The network interfaces that the stack protects: faults on packets leave alone what passes them.
std::vector<std::string> protected_interfaces(const Stack& stack);

/// The argv that the service's stack entry has under `key`; throws where there is none.
std::vector<std::string> service_argv(const StackService& service,
                                      std::string_view key,
                                      const Where& where);

/// The file that holds the service's pid on each of its hosts.
std::string pid_file_of(const StackService& service, const Where& where);
/// Looks whether the service's process runs on the host and may be touched: reads its pid file and
/// /proc.
Task<> require_process(Host& host, const StackService& service, const Stack& stack, Where where);

/// Adds the next change: numbered, with the context's deadline. The reference lasts until the next
/// call.
Change& add_change(FaultPlan& plan,
                   const FaultContext& context,
                   const StackHost& host,
                   std::string what);

/// An operation the guard does itself: signal, file, gone, stopped, alive, holder.
Operation built_in(std::string kind, std::vector<std::string> args = {}, std::string input = {});
/// The program of an exec operation, for a plan that looks with it.
Command command_of(const Operation& operation);

/// Eight hexadecimal digits that belong to this run, step and host alone: for names of tables and
/// chains.
std::string short_id(const FaultContext& context, std::string_view host);

[[noreturn]] void refuse(const Where& where, std::string message);

}  // namespace muster
