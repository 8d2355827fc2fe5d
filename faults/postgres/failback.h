#pragma once

#include <optional>
#include <string_view>

#include "faults/postgres/server.h"

/// The way home after a failover, in four steps. `home` was the primary, `away` was promoted in its
/// place. Each step belongs to one host and is undone by a guard of its own, which may run it again
/// at any time, and before the others: so each looks at both servers first and knows whether it is
/// its turn.
namespace muster::postgres {

enum class Step {
  RejoinHome,   ///< home becomes a standby of away
  StopAway,     ///< away is stopped, once home has what it has
  PromoteHome,  ///< home takes writes again, once away is down
  RejoinAway    ///< away becomes a standby of home
};

std::optional<Step> step_named(std::string_view name);

struct Turn {
  enum class Kind {
    NotYet,   ///< another step comes before, or nobody can tell
    Now,      ///< its program is to be run
    IfStays,  ///< the same, where it stays so for some seconds: it may be about to connect
    Done      ///< nothing is left to do
  };
  Kind kind = Kind::NotYet;
  std::string_view why;
};

/// `since`: the timeline on which home wrote before the failover. The promotion of away made the
/// next one, that of home makes the one after; so timelines tell who has followed whom.
Turn turn_of(Step step, const Server& home, const Server& away, int since);

}  // namespace muster::postgres
