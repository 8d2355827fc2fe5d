#include "probes/sample.h"

#include <array>

#include "base/error.h"

namespace muster {

namespace {

constexpr std::array<std::string_view, 12> kNames = {"ok",
                                                     "refused",
                                                     "reset",
                                                     "timeout",
                                                     "dns",
                                                     "tls",
                                                     "http-error",
                                                     "wrong-body",
                                                     "unreachable",
                                                     "other",
                                                     "unknown",
                                                     "not-sent"};

constexpr std::array<std::string_view, 8> kKindNames = {
    "request", "write", "read-back", "gauge", "signal", "closed", "stall", "watching"};

}  // namespace

std::string_view name_of(SampleKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(Outcome outcome) {
  return kNames.at(static_cast<std::size_t>(outcome));
}

Outcome outcome_from(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Outcome>(i);
  }
  fail("'{}' is not the name of an outcome", name);
}

}  // namespace muster
