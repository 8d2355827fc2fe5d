#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "runner/record/run_store.h"

namespace muster {

/// A person's word, and who gave it.
struct GivingUp {
  std::string who;
  std::string why;
  UtcTime at;
};

/// A run that was closed though nobody has seen everything of it undone. Kept in its journal as
/// "given-up", and as $MUSTER_HOME/given-up/<run> for whoever asks for the state of this home.
struct GivenUp {
  std::string run;
  std::string drill;  ///< empty where nobody could read it
  std::string stack;
  GivingUp word;
  std::vector<std::string> changes;  ///< "delay 200ms on app-us: unknown: ..."

  /// "run ID of DRILL on STACK, given up by WHO at AT: WHY"
  std::string text() const;
};
json::object to_json(const GivenUp& given_up);

/// Closes a dead run as given up, whatever state its journal is in: one that cannot be read is put
/// aside as journal.unreadable. To be asked after recovery was tried. Throws Refused where another
/// drill holds its stack, Error where it cannot be written down: the run then stays open.
GivenUp give_up_run(const RunTrace& trace, const GivingUp& word);

/// The same of a run of which nothing is here: that it was given up is kept, and that is all.
void note_given_up(const GivenUp& given_up);

/// What was given up in this home since then, oldest run first. Throws Error where nobody can tell.
std::vector<GivenUp> given_up_since(UtcTime since);

}  // namespace muster
