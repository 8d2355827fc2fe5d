#include "base/error.h"
#include "probes/kinds.h"
#include "probes/prober.h"

namespace muster {

const std::vector<ProbeKind>& probe_kinds() {
  static const std::vector<ProbeKind> kinds = {
#define PROBE(name) name##_probe(),
#include "probes/kinds.inc"
#undef PROBE
  };
  return kinds;
}

const ProbeKind* probe_kind(std::string_view name) {
  for (const ProbeKind& kind : probe_kinds()) {
    if (kind.spec.name == name) return &kind;
  }
  return nullptr;
}

std::vector<const KindSpec*> probe_specs() {
  std::vector<const KindSpec*> specs;
  for (const ProbeKind& kind : probe_kinds()) specs.push_back(&kind.spec);
  return specs;
}

const StackService& watched_service(const ProbeSpec& probe,
                                    const Stack& stack,
                                    std::string_view kind) {
  const std::string name = probe.params.text("service");
  const StackService* service = stack.service(name);
  if (service == nullptr) fail("probe '{}': the stack has no service '{}'", probe.name, name);
  if (service->kind != kind)
    fail("probe '{}': service '{}' is not of kind {}", probe.name, name, kind);
  return *service;
}

std::vector<ProbePlace> at_vantages(const ProbeSpec& probe, const Stack& stack) {
  std::vector<std::string> names = probe.from;
  if (names.empty()) {
    for (const Vantage& vantage : stack.vantages) names.push_back(vantage.name);
  }
  if (names.empty())
    fail("probe '{}' has no place to look from: the stack has no vantages", probe.name);
  std::vector<ProbePlace> places;
  for (const std::string& name : names) {
    const Vantage* vantage = stack.vantage(name);
    if (vantage == nullptr) fail("probe '{}': the stack has no vantage '{}'", probe.name, name);
    places.push_back(
        {name, vantage->host, vantage->resolver, vantage->region, probe.params.values()});
  }
  return places;
}

}  // namespace muster
