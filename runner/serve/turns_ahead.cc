#include "runner/serve/turns_ahead.h"

#include <algorithm>

namespace muster {

namespace {

/// The turn of the calendar that is planned there, or a minute that a person asked for.
Turn turn_of(const ScheduledDrill& drill, const Occurrence& planned) {
  const UtcTime just_behind = planned.due + UtcTime::duration(1);
  std::vector<Turn> turns = drill.schedule.turns(planned.due, just_behind, 1);
  if (!turns.empty()) return std::move(turns.front());
  return {planned.due, planned.due + std::chrono::duration_cast<UtcTime::duration>(kGrace), ""};
}

}  // namespace

KnownTurns known_turns(Store& store, const std::vector<std::string>& schedules) {
  KnownTurns known;
  for (const std::string& name : schedules)
    known[name] = store.occurrences(name, kOccurrencesLookedAt);
  return known;
}

std::vector<TurnAhead> turns_ahead(const ScheduledDrill& drill,
                                   const KnownTurns& known,
                                   UtcTime now,
                                   std::size_t most) {
  std::vector<TurnAhead> ahead;
  if (!drill.schedule.settings().enabled) return ahead;
  const auto found = known.find(drill.name());
  const std::vector<Occurrence> none;
  const std::vector<Occurrence>& mine = found == known.end() ? none : found->second;
  for (const Occurrence& each : mine)
    if (each.state == "planned" && each.latest >= now)
      ahead.push_back({turn_of(drill, each), each.at, each.why});
  const auto add_unless_known = [&](Turn turn) {
    if (std::ranges::find(mine, turn.begin, &Occurrence::due) == mine.end())
      ahead.push_back({std::move(turn), std::nullopt, ""});
  };
  if (most > 0)
    if (std::optional<Turn> open = drill.schedule.open_window(now))
      add_unless_known(std::move(*open));
  for (Turn& turn : drill.schedule.next(now, most)) add_unless_known(std::move(turn));
  std::ranges::stable_sort(ahead, {}, &TurnAhead::when);
  return ahead;
}

std::optional<TurnAhead> next_turn(const ScheduledDrill& drill,
                                   const KnownTurns& known,
                                   UtcTime now) {
  for (TurnAhead& each : turns_ahead(drill, known, now, 1))
    if (each.turn.excluded.empty()) return std::move(each);
  return std::nullopt;
}

}  // namespace muster
