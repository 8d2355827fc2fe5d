#pragma once

#include <string_view>
#include <vector>

#include "drills/schema.h"

namespace muster {

/// One kind of service, routing or reach, and its keys.
struct StackKind {
  std::string_view name;
  std::string_view help;
  Schema fields;
};

/// The keys at the top of a stack file; `hosts`, `services`, `routing` and `vantages` are maps read
/// by name.
const Schema& stack_fields();
struct StackSection {
  std::string_view name;
  std::string_view help;
};
const std::vector<StackSection>& stack_sections();

const Schema& host_fields();  ///< without `reach`
const Schema& vantage_fields();
const Schema& protect_fields();  ///< each item has one of them
const Schema&
routing_fields();  ///< health_check, load_balancer_check, ttl: shared by every kind of routing
const std::vector<StackKind>& service_kinds();
const std::vector<StackKind>& routing_kinds();
/// {name: target}, or the bare word `local`; `fields` may stand beside the target.
const std::vector<StackKind>& reach_kinds();

}  // namespace muster
