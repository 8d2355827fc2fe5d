#include "drills/stack.h"

#include <algorithm>

namespace muster {

namespace {

template <class Thing>
const Thing* named(const std::vector<Thing>& things, std::string_view name) {
  const auto found = std::find_if(
      things.begin(), things.end(), [&](const Thing& each) { return each.name == name; });
  return found == things.end() ? nullptr : &*found;
}

}  // namespace

const StackHost* Stack::host(std::string_view wanted) const {
  return named(hosts, wanted);
}
const StackService* Stack::service(std::string_view wanted) const {
  return named(services, wanted);
}
const Vantage* Stack::vantage(std::string_view wanted) const {
  return named(vantages, wanted);
}

const Routing* Stack::routing(std::string_view kind) const {
  const auto found = std::find_if(routings.begin(), routings.end(), [&](const Routing& each) {
    return kind.empty() || each.kind == kind;
  });
  return found == routings.end() ? nullptr : &*found;
}

std::vector<const StackHost*> Stack::hosts_in(std::string_view region) const {
  std::vector<const StackHost*> found;
  for (const StackHost& each : hosts) {
    if (each.region == region) found.push_back(&each);
  }
  return found;
}

bool Stack::protects(Protection::Kind kind, std::string_view value) const {
  return std::any_of(protections.begin(), protections.end(), [&](const Protection& each) {
    if (each.kind != kind) return false;
    // A kernel keeps 15 letters of a process's name.
    if (kind == Protection::Kind::Process && each.value.substr(0, 15) == value) return true;
    // A folder stands for whatever lies in it.
    return each.value == value ||
           (kind == Protection::Kind::Path &&
            value.starts_with(each.value + (each.value.ends_with('/') ? "" : "/")));
  });
}

}  // namespace muster
