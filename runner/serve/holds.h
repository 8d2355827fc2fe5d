#pragma once

#include <string>

#include "base/host.h"
#include "runner/schedule/admission.h"
#include "runner/settings/settings.h"

namespace muster {

struct HoldSaid {
  HoldAnswer answer = HoldAnswer::Error;
  std::string why;  ///< in words, for everything but a clear no
};

/// Asks one outside check, by its command or by curl, from this machine. Never throws: whatever
/// goes wrong is an Error, which keeps the drill back.
Task<HoldSaid> ask_hold(HoldCheck check, Host& here);

}  // namespace muster
