#include "test/runner/sim_world.h"

#include "base/error.h"
#include "runner/record/journal.h"

namespace muster {

namespace {

constexpr Duration kPeriod = std::chrono::milliseconds(10);
constexpr Duration kBlock = std::chrono::milliseconds(100);

bool intent_is_durable(const std::string& journal, const std::string& change) {
  for (const JournalRecord& record : read_journal(journal).records) {
    if (record.kind == "intent" && text_at(at(record.detail, "change").as_object(), "id") == change)
      return true;
  }
  return false;
}

}  // namespace

class SimGuard final : public Guard {
 public:
  SimGuard(SimGuards& guards, Change change) : guards_(guards), change_(std::move(change)) {}
  SimGuard(const SimGuard&) = delete;
  SimGuard& operator=(const SimGuard&) = delete;
  ~SimGuard() override { take_back(); }  // a closed channel makes a guard undo

  const Change& change() const override { return change_; }

  Task<Applied> inject() override {
    Applied applied;
    applied.began = guards_.clock_.now();
    SimSystem& system = guards_.system_;
    if (!intent_is_durable(guards_.journal_, change_.id))
      system.broken_rules.push_back("injected before its intent was durable");
    system.in_force.insert(change_.id);
    if (system.on_change) system.on_change(system.in_force);
    if (!system.since) system.since = guards_.clock_.now();
    applied.ended = guards_.clock_.now();
    co_await guards_.answer_slowly();
    if (guards_.troubles_.fails_half_way.contains(change_.id))
      fail("{}: failed half-way", change_.id);
    if (guards_.random_.unit() < guards_.troubles_.inject_fails) {
      take_back();
      fail("{}: could not be observed in force; undone", change_.id);
    }
    applied.observed = guards_.clock_.now();
    co_return applied;
  }

  Task<Undone> undo() override {
    Undone undone;
    undone.began = guards_.clock_.now();
    co_await guards_.answer_slowly();
    const bool conflict = guards_.random_.unit() < guards_.troubles_.undo_conflicts;
    if (!conflict) take_back();
    undone.state = conflict ? Undone::State::Conflict : Undone::State::Clean;
    undone.ended = undone.observed = guards_.clock_.now();
    co_return undone;
  }

  Task<Undone> lost() override {
    co_await guards_.clock_.sleep_for(std::chrono::hours(1000));
    co_return Undone{};
  }

 private:
  void take_back() {
    SimSystem& system = guards_.system_;
    const bool was_in_force = system.in_force.erase(change_.id) > 0;
    if (was_in_force && system.on_change) system.on_change(system.in_force);
    if (system.in_force.empty()) system.since.reset();
  }

  SimGuards& guards_;
  Change change_;
};

SimGuards::SimGuards(SimClock& clock,
                     SimSystem& system,
                     SimTroubles troubles,
                     std::uint64_t seed,
                     std::string journal)
    : clock_(clock),
      system_(system),
      troubles_(troubles),
      random_(seed),
      journal_(std::move(journal)) {}

Task<> SimGuards::answer_slowly() {
  const auto longest = static_cast<std::uint64_t>(troubles_.slowest.count());
  co_await clock_.sleep_for(Duration(static_cast<std::int64_t>(random_.below(longest + 1))));
}

Task<std::unique_ptr<Guard>> SimGuards::arm(Change change) {
  co_await answer_slowly();
  if (troubles_.refused.contains(change.id)) throw Refused(change.id + ": not allowed here");
  if (random_.unit() < troubles_.arm_fails)
    fail("{}: another drill holds {}", change.id, change.resource);
  co_return std::make_unique<SimGuard>(*this, std::move(change));
}

Task<Undone> SimGuards::recover(Change change) {
  system_.in_force.erase(change.id);
  Undone undone;
  undone.state = Undone::State::Clean;
  co_return undone;
}

namespace {

class SimAgent final : public Agent {
 public:
  SimAgent(SimClock& clock,
           const SimSystem& system,
           AgentTask task,
           std::optional<Time> dies_at,
           boost::asio::any_io_executor executor)
      : clock_(clock),
        system_(system),
        task_(std::move(task)),
        dies_at_(dies_at),
        started_(executor),
        stopped_(executor) {
    health_.vantage = task_.vantage;
    health_.send_lag_p99 = std::chrono::microseconds(50);
  }

  const std::string& vantage() const override { return task_.vantage; }

  Task<> start(Time at) override {
    first_due_ = at;
    started_.set();
    co_return;
  }

  Task<> pump(SampleSink& sink) override {
    co_await started_.wait();
    Time due = first_due_;
    const std::uint16_t us = sink.intern("us-east");
    const std::uint16_t eu = sink.intern("eu-west");
    while (!stopped_.is_set()) {
      co_await clock_.sleep_for(kBlock);
      if (dies_at_ && clock_.now() >= *dies_at_) {
        health_.died = "killed by the simulation";
        co_return;
      }
      std::vector<Sample> block;
      for (; due < clock_.now() - kPeriod; due += kPeriod) block.push_back(sample(due, us, eu));
      for (const AgentTask::Item& item : task_.items)
        sink.samples(item.probe, task_.vantage, block);
    }
  }

  void tell_written(std::string_view, std::string_view, std::vector<std::uint64_t>) override {}

  Task<> stop() override {
    stopped_.set();
    co_return;
  }

  const AgentHealth& health() const override { return health_; }

 private:
  /// The model is asked at the time of the block: what changed inside a block is seen at its end, a
  /// bounded error.
  Sample sample(Time due, std::uint16_t us, std::uint16_t eu) {
    Sample sample;
    sample.due = sample.sent = due;
    const bool failed = system_.users_fail(due);
    sample.done = due + (failed ? std::chrono::microseconds(300) : std::chrono::microseconds(2000));
    sample.outcome = failed ? Outcome::Refused : Outcome::Good;
    sample.text = failed ? 0 : system_.in_force.empty() ? us : eu;
    ++health_.due;
    ++health_.sent;
    return sample;
  }

  SimClock& clock_;
  const SimSystem& system_;
  AgentTask task_;
  std::optional<Time> dies_at_;
  Happening started_;
  Happening stopped_;
  Time first_due_{};
  AgentHealth health_;
};

}  // namespace

Task<std::unique_ptr<Agent>> SimAgents::launch(AgentTask task) {
  std::optional<Time> dies_at;
  if (random_.unit() < troubles_.agent_dies) {
    dies_at = clock_.now() + Duration(static_cast<std::int64_t>(random_.below(12'000'000'000)));
  }
  auto executor = co_await boost::asio::this_coro::executor;
  co_return std::make_unique<SimAgent>(clock_, system_, std::move(task), dies_at, executor);
}

Host& NoHosts::host(std::string_view name) {
  fail("the simulation has no host {}", name);
}

}  // namespace muster
