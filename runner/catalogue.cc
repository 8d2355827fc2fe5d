#include "runner/catalogue.h"

#include "faults/fault.h"
#include "probes/probe.h"

namespace muster {

const Catalogue& catalogue() {
  static const Catalogue kCatalogue{fault_specs(), probe_specs()};
  return kCatalogue;
}

}  // namespace muster
