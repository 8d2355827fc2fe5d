#include "faults/fault.h"
#include "faults/kinds.h"

namespace muster {

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds = {
#define MUSTER_FAULT_KIND(name) name##_fault(),
#include "faults/kinds.inc"
#undef MUSTER_FAULT_KIND
  };
  return kinds;
}

const FaultKind* fault_kind(std::string_view name) {
  for (const FaultKind& kind : fault_kinds())
    if (kind.spec.name == name) return &kind;
  return nullptr;
}

std::vector<const KindSpec*> fault_specs() {
  std::vector<const KindSpec*> specs;
  for (const FaultKind& kind : fault_kinds()) specs.push_back(&kind.spec);
  return specs;
}

}  // namespace muster
