#include "probes/vantage.h"
#include "runner/commands/commands.h"

namespace muster {

Action define_agent(Arguments&) {
  return [] {
    return run_agent();
  };
}

}  // namespace muster
