#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/serve/scheduled_drill.h"
#include "store/store.h"

namespace muster {

/// Of one schedule, the newest: more of them decide nothing.
inline constexpr std::size_t kOccurrencesLookedAt = 200;

/// A turn that has still to come.
struct TurnAhead {
  Turn turn;
  std::optional<UtcTime> at;  ///< the moment that was drawn; nothing: none is yet
  std::string why;            ///< "asked for by NAME", what it waits for; or ""

  /// When it comes, as far as that is known: of a window without a moment its begin, which is
  /// behind where it is open.
  UtcTime when() const { return at.value_or(turn.begin); }
};

/// What the store knows of each schedule, by its name.
using KnownTurns = std::map<std::string, std::vector<Occurrence>>;

KnownTurns known_turns(Store& store, const std::vector<std::string>& schedules);

/// The next turns of a drill, in order: those that are planned, the window that is open and of
/// which nothing is `known`, and then what `Schedule::next` has, `most` that are not excluded.
/// Nothing where the drill is not enabled.
std::vector<TurnAhead> turns_ahead(const ScheduledDrill& drill,
                                   const KnownTurns& known,
                                   UtcTime now,
                                   std::size_t most);

/// The first of them that is not excluded.
std::optional<TurnAhead> next_turn(const ScheduledDrill& drill,
                                   const KnownTurns& known,
                                   UtcTime now);

}  // namespace muster
