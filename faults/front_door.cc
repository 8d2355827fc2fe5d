#include "faults/front_door.h"

#include <algorithm>

namespace muster {
namespace {

using HostList = std::vector<const StackHost*>;

HostList hosts_of(const StackService& service, const Stack& stack, std::string_view region) {
  HostList hosts;
  for (const std::string& name : service.hosts) {
    const StackHost* host = stack.host(name);
    if (host != nullptr && host->region == region) hosts.push_back(host);
  }
  return hosts;
}

HostList name_servers(const Stack& stack) {
  HostList hosts;
  const Routing* gdnsd = stack.routing("gdnsd");
  if (gdnsd == nullptr) return hosts;
  for (const std::string& name : gdnsd->params.list("hosts"))
    if (const StackHost* host = stack.host(name)) hosts.push_back(host);
  return hosts;
}

bool all_apart(const HostList& ones, const HostList& others, const Apart& apart) {
  return !ones.empty() && !others.empty() && std::ranges::all_of(ones, [&](const StackHost* one) {
    return std::ranges::all_of(others, [&](const StackHost* other) { return apart(*one, *other); });
  });
}

bool is_load_balancer(const StackService& service) {
  return service.kind == "process" && is_front_door(service);
}

/// How many servers behind the load balancers of a region there are, and how many of them these no
/// longer reach.
struct Behind {
  std::size_t all = 0;
  std::size_t lost = 0;
};

Behind servers_behind(const Stack& stack, std::string_view region, const Apart& apart) {
  HostList balancers;
  for (const StackService& service : stack.services)
    if (is_load_balancer(service))
      for (const StackHost* host : hosts_of(service, stack, region)) balancers.push_back(host);
  Behind behind;
  for (const StackService& service : stack.services) {
    if (!service.params.has("health") || is_front_door(service)) continue;
    for (const StackHost* server : hosts_of(service, stack, region)) {
      ++behind.all;
      if (all_apart({server}, balancers, apart)) ++behind.lost;
    }
  }
  return behind;
}

std::vector<PredictedStage> predict_in_region(const Stack& stack,
                                              const Routing& routing,
                                              std::string_view region,
                                              const Apart& apart) {
  const HostList names = name_servers(stack);
  for (const StackService& service : stack.services)
    if (is_front_door(service) && all_apart(hosts_of(service, stack, region), names, apart))
      return predict_failing_region(routing, CheckFails::ByTimeout);
  const Behind behind = servers_behind(stack, region, apart);
  if (behind.lost == 0) return {};
  return behind.lost == behind.all ? predict_no_servers(routing, CheckFails::ByTimeout)
                                   : predict_lost_server(routing, CheckFails::ByTimeout);
}

}  // namespace

bool is_front_door(const StackService& service) {
  return service.params.has("front_door") && service.params.flag("front_door");
}

std::vector<PredictedStage> predict_apart(const Stack& stack, const Apart& apart) {
  const Routing* routing = stack.routing("");
  std::vector<PredictedStage> predicted;
  if (routing == nullptr) return predicted;
  for (const std::string& region : stack.regions) {
    std::vector<PredictedStage> here = predict_in_region(stack, *routing, region, apart);
    if (here.empty()) continue;
    if (!predicted.empty()) return {};
    predicted = std::move(here);
  }
  return predicted;
}

}  // namespace muster
