#include "faults/replica_pair.h"

#include <algorithm>

#include "base/text.h"
#include "faults/targets.h"

namespace muster {

Schema replica_pair_fields(std::string_view service_help) {
  return {{.name = "service",
           .type = Type::Name,
           .help = service_help,
           .required = true,
           .refers = Refers::Service},
          {.name = "replica",
           .type = Type::Name,
           .help = "which one, where there are several",
           .refers = Refers::Host}};
}

const StackService& replicated_service(const Params& params,
                                       const Stack& stack,
                                       std::string_view kind) {
  const Where where = params.place("service");
  const StackService* service = stack.service(params.text("service"));
  if (service == nullptr || service->kind != kind)
    refuse(where, fmt::format("{} is no {} service of the stack", params.text("service"), kind));
  if (stack.protects(Protection::Kind::Service, service->name))
    refuse(where, fmt::format("service {} is protected by the stack", service->name));
  return *service;
}

ReplicaPair replica_pair(const Params& params, const Stack& stack, std::string_view kind) {
  const Where where = params.place("service");
  const StackService& service = replicated_service(params, stack, kind);
  const std::vector<std::string> replicas = service.params.list("replicas");
  if (replicas.empty()) refuse(where, fmt::format("{} has no replicas", service.name));
  if (!params.has("replica") && replicas.size() > 1)
    refuse(where, fmt::format("say which `replica`: {}", join(replicas, ", ")));
  const std::string replica = params.has("replica") ? params.text("replica") : replicas.front();
  if (std::ranges::find(replicas, replica) == replicas.end())
    refuse(params.place("replica"), fmt::format("{} is no replica of {}", replica, service.name));
  return {service,
          open_host(stack, service.params.text("primary"), where),
          open_host(stack, replica, where),
          where};
}

}  // namespace muster
