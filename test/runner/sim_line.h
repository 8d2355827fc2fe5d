#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/host.h"
#include "base/random.h"
#include "test/runner/sim_clock.h"

namespace muster {

/// What happens to the frames of one connection; all drawn from the seed of its world.
struct LineTroubles {
  double lost = 0;     ///< of each frame
  double twice = 0;    ///< of each frame
  double damaged = 0;  ///< of each frame
  Duration slowest = std::chrono::milliseconds(20);
  std::optional<Time> cut_at;  ///< from then on nothing arrives, and nobody is told
};

/// One connection of a runner to a guard: frames arrive late, twice, damaged or never, and in
/// order.
class SimLine {
 public:
  enum class End { Guard, Runner };  ///< where something arrives

  SimLine(SimClock& clock, std::uint64_t seed, LineTroubles troubles)
      : clock_(clock), random_(seed), troubles_(troubles) {}
  SimLine(const SimLine&) = delete;
  SimLine& operator=(const SimLine&) = delete;

  /// One frame a call.
  void send(End to, std::string bytes);
  void close(End to);
  /// The machine on the other side lost its power: no end of input is ever seen.
  void cut();

  /// What has arrived by now; empty: the end.
  std::optional<std::string> receive(End at);
  /// When the next will have arrived; Time::max() where nothing is on its way.
  Time next_arrival(End at) const;
  /// Rung whenever something is sent there; nullptr: nobody listens any more.
  void wake(End at, SimClock::Bell* bell) { direction(at).bell = bell; }

  int lost = 0;  ///< frames

 private:
  struct Message {
    Time at;
    std::string bytes;
  };
  struct Direction {
    std::deque<Message> messages;
    Time last;
    bool closed = false;
    SimClock::Bell* bell = nullptr;
  };

  Direction& direction(End to) { return to == End::Guard ? to_guard_ : to_runner_; }
  const Direction& direction(End to) const { return to == End::Guard ? to_guard_ : to_runner_; }
  bool is_cut() const { return troubles_.cut_at && clock_.now() >= *troubles_.cut_at; }
  void put(Direction& into, std::string bytes);

  SimClock& clock_;
  Random random_;
  LineTroubles troubles_;
  Direction to_guard_;
  Direction to_runner_;
};

/// The runner's process, as far as others notice whether it lives.
struct SimRunnerLife {
  bool dead = false;
  bool by_power = false;             ///< its machine ended with it: nobody closes its connections
  std::function<void()> on_sending;  ///< a frame is about to be sent; may end the process
};

/// The runner's end of a line.
class SimChannel final : public Channel {
 public:
  SimChannel(SimClock& clock, std::shared_ptr<SimLine> line, SimRunnerLife& runner);
  SimChannel(const SimChannel&) = delete;
  SimChannel& operator=(const SimChannel&) = delete;
  ~SimChannel() override;

  Task<> write(std::string bytes) override;
  Task<std::string> read() override;
  void close_input() override;
  Task<int> wait() override { co_return 0; }
  void kill() override {}
  std::string errors() const override { return ""; }

 private:
  SimClock& clock_;
  std::shared_ptr<SimLine> line_;
  SimRunnerLife& runner_;
  std::shared_ptr<SimClock::Bell> bell_;
};

}  // namespace muster
