#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/schedule/schedule.h"

namespace muster {

/// What an outside check said. `Error` is anything but a clear answer, and counts as a no.
enum class HoldAnswer { Clear, Held, Error };

/// All that is asked about, at the tick and again the moment before the first fault.
struct AdmissionFacts {
  UtcTime now;
  UtcTime due;     ///< begin of the turn
  UtcTime latest;  ///< it may not start later
  /// Somebody asked for it, at `due`: then no turn of the calendar has to begin there.
  bool by_person = false;
  /// The run has begun and its baseline lies behind it: since a cron instant that may take up to
  /// `kToFirstFault`. A window is kept to its end.
  bool measured = false;
  /// Another trial of a drill whose first one was admitted: it is bound to the window, as all are,
  /// but not to a cron instant, and its own earlier trials are no gap.
  bool further_trial = false;
  std::optional<UtcTime> ran_at;  ///< end of this drill's last run in this environment
  std::string history_error;
  /// One for each of `hold_while`, by its name, in any order.
  std::vector<std::pair<std::string, HoldAnswer>> holds;
  std::vector<std::string> unclean;  ///< faults that may still be in force, of any run
  std::string unclean_error;
  std::string lever;  ///< the engaged safety lever, one line; or empty
  /// The wall clock and the boot clock drifted apart since the last look.
  bool clock_doubt = false;
  bool clock_skew = false;  ///< the wall clock is far from the store's
  int running = 0;          ///< drills in force over all servers, without this one
  int at_once = 1;
  bool claim_lost = false;  ///< the store says so, or cannot be asked
  std::string store_error;
};

constexpr Duration kToFirstFault = std::chrono::minutes(15);

/// Pure and total: every reason why the drill may not start (or inject) now, one line of printable
/// text each; empty: it may. An answer that is missing, an error and a doubt are reasons. So are a
/// schedule that is not enabled, a `due` at which no turn of it begins, and a `now` that is later
/// than what the turn and `missed` allow, whatever `latest` says: a window to its end, an instant
/// for `kGrace`, and for `kToFirstFault` more where the baseline lies behind it.
std::vector<std::string> why_not_now(const Schedule& schedule, const AdmissionFacts& facts);

}  // namespace muster
