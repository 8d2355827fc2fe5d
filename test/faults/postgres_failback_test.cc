// The way home after a failover, as a model: two servers, four steps that may be run by anybody, at
// any time and only half, and crashes and restarts in between. Every state that can come about is
// looked at.
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "faults/postgres/failback.h"

namespace muster::postgres {

namespace {

using State = Server::State;
constexpr int kSince = 1;

/// A server and its disk. `row`: it has what was written to the promoted one.
struct Node {
  State state = State::Down;
  int timeline = kSince;
  bool standby_signal = false;
  bool row = false;
  friend auto operator<=>(const Node&, const Node&) = default;
};

struct World {
  Node home;
  Node away;
  bool promoted = true;
  int crashes = 1;  ///< how many may still happen to either
  friend auto operator<=>(const World&, const World&) = default;
};

bool streams(const Node& standby, const Node& primary) {
  return standby.state == State::Standby && primary.state == State::Primary &&
         standby.timeline <= primary.timeline;
}

Server seen(const Node& node, const Node& other) {
  Server server;
  server.state = node.state;
  server.timeline = node.timeline;
  server.streams = streams(node, other);
  server.followers = streams(other, node) ? 1 : 0;
  return server;
}

/// What streams gets everything at once: that it is asynchronous is looked at on the real pair.
World settled(World world) {
  const auto follow = [](Node& standby, const Node& primary) {
    if (!streams(standby, primary)) return;
    standby.timeline = primary.timeline;
    standby.row = primary.row;
  };
  follow(world.home, world.away);
  follow(world.away, world.home);
  return world;
}

/// What the lab's `start` does, with and without fencing.
void start(Node& node, const Node& peer, bool fenced) {
  if (fenced && peer.state == State::Primary && peer.timeline > node.timeline) {
    node = {State::Standby, peer.timeline, true, peer.row};
    return;
  }
  node.state = node.standby_signal ? State::Standby : State::Primary;
}

void promote(Node& node) {
  node.state = State::Primary;
  node.standby_signal = false;
  ++node.timeline;
}

/// The program of a step, run to its end; nothing where it refuses.
void rejoin(Node& node, const Node& peer) {
  if (peer.state == State::Primary) node = {State::Standby, peer.timeline, true, peer.row};
}

struct Event {
  std::string what;
  World after;
  bool is_step = false;
};

bool is_turn(Step step, const World& world) {
  const Turn turn =
      turn_of(step, seen(world.home, world.away), seen(world.away, world.home), kSince);
  return turn.kind == Turn::Kind::Now || turn.kind == Turn::Kind::IfStays;
}

bool all_done(const World& world) {
  for (const Step step : {Step::RejoinHome, Step::StopAway, Step::PromoteHome, Step::RejoinAway}) {
    const Turn turn =
        turn_of(step, seen(world.home, world.away), seen(world.away, world.home), kSince);
    if (turn.kind != Turn::Kind::Done) return false;
  }
  return true;
}

bool is_home(const World& world) {
  return world.home.state == State::Primary && streams(world.away, world.home);
}

/// The steps, each whole and broken off half-way.
std::vector<Event> steps_from(const World& world) {
  std::vector<Event> events;
  const auto add = [&](std::string what, auto change) {
    World after = world;
    change(after);
    events.push_back({std::move(what), settled(after), true});
  };
  if (is_turn(Step::RejoinHome, world)) {
    add("rejoin home, broken off", [](World& w) { w.home.state = State::Down; });
    add("rejoin home", [](World& w) { rejoin(w.home, w.away); });
  }
  if (is_turn(Step::StopAway, world))
    add("stop away", [](World& w) { w.away.state = State::Down; });
  if (is_turn(Step::PromoteHome, world)) {
    BOOST_TEST(world.home.row, "home is promoted without what away has");
    BOOST_CHECK(world.away.state == State::Down);
    add("promote home", [](World& w) { promote(w.home); });
  }
  if (is_turn(Step::RejoinAway, world)) {
    BOOST_TEST(world.home.row, "away gives up what only it has");
    BOOST_CHECK(world.home.state == State::Primary);
    add("rejoin away, broken off", [](World& w) { w.away.state = State::Down; });
    add("rejoin away", [](World& w) { rejoin(w.away, w.home); });
  }
  return events;
}

/// What the world does meanwhile: the undo of a killed server, people, and bad luck.
std::vector<Event> others_from(const World& world, bool fenced) {
  std::vector<Event> events;
  const auto add = [&](std::string what, auto change) {
    World after = world;
    change(after);
    events.push_back({std::move(what), settled(after)});
  };
  if (world.home.state == State::Down)
    add("home starts", [&](World& w) { start(w.home, w.away, fenced); });
  if (world.away.state == State::Down)
    add("away starts", [&](World& w) { start(w.away, w.home, fenced); });
  if (world.crashes == 0) return events;
  if (world.home.state != State::Down)
    add("home crashes", [](World& w) {
      w.home.state = State::Down;
      --w.crashes;
    });
  if (world.away.state != State::Down)
    add("away crashes", [](World& w) {
      w.away.state = State::Down;
      --w.crashes;
    });
  return events;
}

/// All that can come about from these beginnings, and what leads where.
std::map<World, std::vector<Event>> explore(std::vector<World> beginnings, bool fenced) {
  std::map<World, std::vector<Event>> found;
  std::deque<World> open(beginnings.begin(), beginnings.end());
  while (!open.empty()) {
    const World world = open.front();
    open.pop_front();
    // Timelines grow with every promotion; three failovers in a row show nothing new.
    if (found.contains(world) || world.home.timeline > 6 || world.away.timeline > 6) continue;
    std::vector<Event> events = steps_from(world);
    for (Event& event : others_from(world, fenced)) events.push_back(std::move(event));
    for (const Event& event : events) open.push_back(event.after);
    found.emplace(world, std::move(events));
  }
  return found;
}

/// Where nobody but a person can go on: what is needed is down, and no step starts a server alone.
bool needs_a_person(const World& world) {
  if (world.home.state == State::Down && world.away.state != State::Primary) return true;
  return world.away.state == State::Down && !world.home.row;
}

/// The states from which the steps alone get home.
std::set<World> can_get_home(const std::map<World, std::vector<Event>>& found) {
  std::set<World> good;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [world, events] : found) {
      bool leads = is_home(world) && all_done(world);
      for (const Event& event : events)
        leads = leads || (event.is_step && good.contains(event.after));
      grown = (leads && good.insert(world).second) || grown;
    }
  }
  return good;
}

const Node kPromoted{State::Primary, kSince + 1, false, true};

std::vector<World> after_a_failover() {
  return {
      {{State::Down, kSince, false, false}, kPromoted},       // killed
      {{State::Primary, kSince, false, false}, kPromoted},    // alive: a second primary
      {{State::Standby, kSince + 1, true, true}, kPromoted},  // fenced already
  };
}

std::string text_of(const World& world) {
  const auto text = [](const Node& node) {
    return std::to_string(static_cast<int>(node.state)) + " timeline " +
           std::to_string(node.timeline) + (node.row ? " row" : "");
  };
  return "home " + text(world.home) + ", away " + text(world.away);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_failback)

BOOST_AUTO_TEST_CASE(whatever_happens_with_fencing_the_way_home_is_found_and_nothing_is_lost) {
  const auto found = explore(after_a_failover(), true);
  const std::set<World> good = can_get_home(found);
  for (const auto& [world, events] : found) {
    BOOST_TEST((needs_a_person(world) || good.contains(world)), text_of(world));
    for (const Event& event : events)
      BOOST_TEST((!event.is_step || !needs_a_person(event.after)),
                 event.what << " from " << text_of(world));
  }
  BOOST_TEST(found.size() > 20U);
}

BOOST_AUTO_TEST_CASE(done_is_said_of_all_steps_only_at_home) {
  for (const auto& [world, events] : explore(after_a_failover(), true))
    if (all_done(world)) BOOST_TEST(is_home(world), text_of(world));
}

BOOST_AUTO_TEST_CASE(a_replica_that_was_never_promoted_is_at_home_already) {
  const World world{{State::Primary, kSince, false, true}, {State::Standby, kSince, true, true}};
  BOOST_TEST(all_done(world));
  World killed = world;
  killed.home.state = State::Down;
  BOOST_TEST(steps_from(killed).empty());
}

BOOST_AUTO_TEST_CASE(nobody_moves_while_a_server_does_not_answer) {
  Server silent;
  Server primary;
  primary.state = State::Primary;
  primary.timeline = 2;
  for (const Step step : {Step::RejoinHome, Step::StopAway, Step::PromoteHome, Step::RejoinAway}) {
    BOOST_CHECK(turn_of(step, silent, primary, kSince).kind == Turn::Kind::NotYet);
    BOOST_CHECK(turn_of(step, primary, silent, kSince).kind == Turn::Kind::NotYet);
  }
}

BOOST_AUTO_TEST_CASE(the_promoted_one_is_not_stopped_before_the_other_has_caught_up) {
  Server home{State::Standby, 2, 1000, true, 0, {}};
  Server away{State::Primary, 2, 1000 + (1 << 21), false, 1, {}};
  BOOST_CHECK(turn_of(Step::StopAway, home, away, kSince).kind == Turn::Kind::NotYet);
  home.position = away.position - 1;
  BOOST_CHECK(turn_of(Step::StopAway, home, away, kSince).kind == Turn::Kind::Now);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster::postgres
