#pragma once

#include <string>

#include "base/clock.h"
#include "base/host.h"
#include "runner/schedule/admission.h"
#include "runner/serve/clock_watch.h"
#include "store/shared_store.h"

namespace muster {

/// Who is asked about a turn, by the server before it starts a run, and by the run itself the
/// moment before its first fault.
struct FactSources {
  Clock& clock;
  ClockWatch& clock_watch;
  Host& here;  ///< runs the commands of `hold_while`
  SharedStore& store;
};

/// The turn that is asked about.
struct TurnAsked {
  std::string drill;
  std::string environment;
  UtcTime due;
  UtcTime latest;
  bool by_person = false;  ///< as in AdmissionFacts
  int at_once = 1;
  std::string own_run;  ///< the run that asks, its baseline behind it; "" before there is one
  bool further_trial = false;  ///< as in AdmissionFacts
};

/// Looks at everything once. Never throws: what could not be looked at is in the facts as such, and
/// keeps the drill back.
Task<AdmissionFacts> gather_facts(const Schedule& schedule, TurnAsked asked, FactSources sources);

}  // namespace muster
