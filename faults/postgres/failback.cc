#include "faults/postgres/failback.h"

#include <array>
#include <utility>

namespace muster::postgres {

namespace {

using Kind = Turn::Kind;
using State = Server::State;

/// What may still be under way when the primary is told to stop: it sends that before it ends.
constexpr std::int64_t kUnderWay = 1 << 20;

struct Pair {
  const Server& home;
  const Server& away;
  int since;

  bool is(State of_home, State of_away) const {
    return home.state == of_home && away.state == of_away;
  }
  bool never_promoted() const { return away.state == State::Standby && away.timeline <= since; }
  /// Home has been sent what away wrote after its promotion.
  bool followed() const { return home.state == State::Standby && home.timeline > since; }
  bool returned() const { return home.state == State::Primary && home.timeline > since + 1; }
  bool home_streams_from_away() const {
    return is(State::Standby, State::Primary) && home.streams && home.timeline == away.timeline;
  }
  bool away_streams_from_home() const {
    return is(State::Primary, State::Standby) && away.streams && home.followers > 0 &&
           home.timeline == away.timeline;
  }
};

Turn rejoin_home(const Pair& pair) {
  if (pair.never_promoted()) return {Kind::Done, "the replica was not promoted"};
  if (pair.returned()) return {Kind::Done, "the old primary is the primary again"};
  if (pair.home_streams_from_away()) return {Kind::Done, "the old primary follows"};
  if (pair.away.state == State::Primary && pair.away.timeline > pair.since) {
    if (pair.home.state == State::Standby)
      return {Kind::IfStays, "the old primary is a standby and does not stream"};
    return {Kind::Now, "the old primary does not follow"};
  }
  if (pair.followed() && pair.away.state == State::Down)
    return {Kind::Done, "the old primary has followed"};
  return {Kind::NotYet, "the promoted one takes no writes, so nobody can follow it"};
}

Turn stop_away(const Pair& pair) {
  if (pair.away.state != State::Primary) return {Kind::Done, "the promoted one takes no writes"};
  if (pair.returned()) return {Kind::Done, "the old primary is the primary again"};
  if (!pair.home_streams_from_away())
    return {Kind::NotYet, "the old primary does not follow the promoted one"};
  if (pair.home.position + kUnderWay < pair.away.position)
    return {Kind::NotYet, "the old primary has not caught up"};
  return {Kind::Now, "the promoted one takes writes"};
}

Turn promote_home(const Pair& pair) {
  if (pair.never_promoted()) return {Kind::Done, "the replica was not promoted"};
  if (pair.returned()) return {Kind::Done, "the old primary is the primary again"};
  if (pair.followed() && pair.away.state == State::Down) return {Kind::Now, "nobody takes writes"};
  return {Kind::NotYet,
          "the old primary has not taken over what the promoted one has, or that is not stopped"};
}

Turn rejoin_away(const Pair& pair) {
  if (pair.away_streams_from_home() && (pair.returned() || pair.home.timeline <= pair.since))
    return {Kind::Done, "the replica streams from the primary"};
  if (!pair.returned()) return {Kind::NotYet, "the old primary is not the primary yet"};
  if (pair.away.state == State::Standby)
    return {Kind::IfStays, "the replica is a standby and does not stream"};
  if (pair.away.state == State::Primary && pair.away.timeline >= pair.home.timeline)
    return {Kind::NotYet, "the promoted one has gone ahead of the old primary"};
  return {Kind::Now, "the replica does not follow"};
}

constexpr std::array<std::pair<std::string_view, Step>, 4> kNames = {{
    {"rejoin-home", Step::RejoinHome},
    {"stop-away", Step::StopAway},
    {"promote-home", Step::PromoteHome},
    {"rejoin-away", Step::RejoinAway},
}};

}  // namespace

std::optional<Step> step_named(std::string_view name) {
  for (const auto& [known, step] : kNames)
    if (name == known) return step;
  return std::nullopt;
}

Turn turn_of(Step step, const Server& home, const Server& away, int since) {
  if (home.state == State::Unknown) return {Kind::NotYet, "the old primary does not answer"};
  if (away.state == State::Unknown) return {Kind::NotYet, "the promoted one does not answer"};
  const Pair pair{home, away, since};
  switch (step) {
    case Step::RejoinHome:
      return rejoin_home(pair);
    case Step::StopAway:
      return stop_away(pair);
    case Step::PromoteHome:
      return promote_home(pair);
    case Step::RejoinAway:
      return rejoin_away(pair);
  }
  return {};
}

}  // namespace muster::postgres
