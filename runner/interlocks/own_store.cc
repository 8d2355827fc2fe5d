#include "runner/interlocks/own_store.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace muster {

namespace {

bool is_of_this_machine(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

std::set<std::string> hosts_hit(const Stack& stack, const std::vector<PlannedInject>& planned) {
  std::set<std::string> hit;
  for (const PlannedInject& inject : planned) {
    for (const Change& change : inject.plan.changes) hit.insert(change.host);
    for (const std::string& region : inject.plan.regions_out)
      for (const StackHost* host : stack.hosts_in(region)) hit.insert(host->name);
  }
  return hit;
}

}  // namespace

std::vector<std::string> why_store_is_in_the_way(const Stack& stack,
                                                 const std::vector<PlannedInject>& planned,
                                                 const std::vector<std::string>& store_addresses) {
  std::vector<std::string> reasons;
  for (const std::string& name : hosts_hit(stack, planned)) {
    const StackHost* host = stack.host(name);
    if (host == nullptr) continue;
    const bool is_here = host->reach.kind == Reach::Kind::Local;
    for (const std::string& address : store_addresses) {
      if (host->address != address && !(is_here && is_of_this_machine(address))) continue;
      reasons.push_back(
          fmt::format("the drill may break '{}', and muster's own store is there ({}); a store "
                      "belongs where no drill reaches",
                      name,
                      address));
      break;
    }
  }
  return reasons;
}

}  // namespace muster
