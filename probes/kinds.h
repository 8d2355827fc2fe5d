#pragma once

#include "probes/probe.h"

/// Declares what each kind's file defines: `ProbeKind http_probe()` and so on.
namespace muster {

#define PROBE(name) ProbeKind name##_probe();
#include "probes/kinds.inc"
#undef PROBE

}  // namespace muster
