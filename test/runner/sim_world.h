#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "faults/guard.h"
#include "probes/vantage.h"
#include "runner/drill/engine.h"
#include "test/runner/sim_clock.h"

namespace muster {

/// The system under test as a model: users fail from the moment a change is in force until
/// `failover` has passed, and are well again as soon as nothing is in force.
struct SimSystem {
  Duration failover = std::chrono::milliseconds(3200);
  std::set<std::string> in_force;
  std::optional<Time> since;
  std::vector<std::string> broken_rules;                        ///< what must never happen, and did
  std::function<void(const std::set<std::string>&)> on_change;  ///< told what is in force

  bool users_fail(Time at) const { return since && !in_force.empty() && at - *since < failover; }
};

/// What goes wrong in a simulated run; all drawn from its seed.
struct SimTroubles {
  double arm_fails = 0;
  double inject_fails = 0;
  double undo_conflicts = 0;
  double agent_dies = 0;
  Duration slowest = std::chrono::milliseconds(50);  ///< of a guard's answer
  std::set<std::string> refused;                     ///< changes that their targets do not allow
  std::set<std::string> fails_half_way;  ///< changes that stay in force and are told as failed
};

class SimGuards final : public Guards {
 public:
  SimGuards(SimClock& clock,
            SimSystem& system,
            SimTroubles troubles,
            std::uint64_t seed,
            std::string journal);
  Task<std::unique_ptr<Guard>> arm(Change change) override;
  Task<Undone> recover(Change change) override;

 private:
  friend class SimGuard;
  Task<> answer_slowly();

  SimClock& clock_;
  SimSystem& system_;
  SimTroubles troubles_;
  Random random_;
  std::string journal_;  ///< its path: an intent must stand there before anything is applied
};

/// Users at one vantage: 100 requests a second to a system that is either well or not.
class SimAgents final : public Agents {
 public:
  SimAgents(SimClock& clock, const SimSystem& system, SimTroubles troubles, std::uint64_t seed)
      : clock_(clock), system_(system), troubles_(troubles), random_(seed) {}
  Task<std::unique_ptr<Agent>> launch(AgentTask task) override;

 private:
  SimClock& clock_;
  const SimSystem& system_;
  SimTroubles troubles_;
  Random random_;
};

class NoHosts final : public Hosts {
 public:
  Host& host(std::string_view name) override;
};

class NobodyToAsk final : public Asker {
 public:
  Task<bool> ask(std::string) override { co_return true; }
};

/// Keeps the samples in memory.
class SamplesInMemory final : public SampleFile {
 public:
  void add(std::string_view probe, std::string_view vantage, const Sample& sample) override {
    ++count_;
    const auto known = std::ranges::find_if(series_, [&](const SampleSeries& each) {
      return each.probe == probe && each.vantage == vantage;
    });
    SampleSeries& into =
        known != series_.end()
            ? *known
            : series_.emplace_back(SampleSeries{std::string(probe), std::string(vantage), {}});
    into.samples.push_back(sample);
  }
  void add_text(std::uint16_t, std::string_view) override {}
  void flush() override {}
  std::uint64_t count() const override { return count_; }
  std::vector<SampleSeries> read_back() const override { return series_; }

 private:
  std::uint64_t count_ = 0;
  std::vector<SampleSeries> series_;
};

class SilentObserver final : public Observer {
 public:
  void event(const EventRecord&, Duration) override {}
  void tick(const Snapshot&) override {}
  void finished() override {}
};

}  // namespace muster
