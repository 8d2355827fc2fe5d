#include "test/runner/sim_machine.h"

#include "base/error.h"

namespace muster {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

const std::string kStranger = "a stranger";
/// From the moment in which a guard has to undo until the change is gone: apply and looks end
/// first, the second guard may have to take over, and a straggling apply is waited for.
constexpr Duration kUndoneWithin = 6s;

}  // namespace

std::string_view name_of(SimStage stage) {
  constexpr std::string_view kNames[] = {
      "armed", "injecting", "active", "undoing", "clean", "clean-by-guard", "conflict", "unknown"};
  return kNames[static_cast<std::size_t>(stage)];
}

bool is_clean(SimStage stage) {
  return stage == SimStage::Clean || stage == SimStage::CleanByGuard;
}

SimMachine::SimMachine(SimClock& its_clock,
                       asio::io_context& its_loop,
                       SimSystem& its_system,
                       SimCounts& its_counts,
                       std::uint64_t seed,
                       SimStorm its_storm,
                       SimDefect its_defect)
    : clock(its_clock),
      loop(its_loop),
      system(its_system),
      counts(its_counts),
      random(seed),
      storm(its_storm),
      defect(its_defect) {}

SimProcess& SimMachine::new_process(std::string name) {
  SimProcess& process = processes_.emplace_back();
  process.name = std::move(name);
  return process;
}

void SimMachine::run(SimProcess& process, Task<> work) {
  asio::co_spawn(loop, live(process, std::move(work)), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
}

Task<> SimMachine::live(SimProcess& process, Task<> work) {
  try {
    co_await std::move(work);
  } catch (const SimKilled&) {
    note(process.name + " is killed");
    ++counts["processes killed"];
  }
  ended(process);
}

void SimMachine::ended(SimProcess& process) {
  process.alive = false;
  if (!process.locked.empty()) locks_.erase(process.locked);
  if (process.watcher != nullptr) process.watcher->bell.ring();
}

void SimMachine::kill(SimProcess& process) {
  process.killed_at = clock.now();
  process.bell.ring();
}

Task<> SimMachine::wait(SimProcess& self, Time until) {
  const Time end = self.killed_at.value_or(Time::max());
  const Time stop = self.stopped_at.value_or(Time::max());
  const Time first = std::min({until, end, std::max(stop, clock.now())});
  co_await clock.sleep_until(first, self.bell);
  while (self.stopped_at && *self.stopped_at <= clock.now() && clock.now() < self.goes_on_at) {
    if (self.killed_at && *self.killed_at <= clock.now()) break;
    const Time next = std::min(self.goes_on_at, self.killed_at.value_or(Time::max()));
    co_await clock.sleep_until(next, self.bell);
  }
  if (self.stopped_at && clock.now() >= self.goes_on_at) self.stopped_at.reset();
  if (self.killed_at && *self.killed_at <= clock.now()) throw SimKilled{};
}

Task<> SimMachine::spend(SimProcess& self, Duration length) {
  const Time until = clock.now() + length;
  while (clock.now() < until) co_await wait(self, until);
}

Duration SimMachine::some(Duration most) {
  return Duration(
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

void SimMachine::note(std::string text) {
  fmt::format_to(
      std::back_inserter(log), "{:10.4f} {}\n", to_seconds(clock.now().time_since_epoch()), text);
}

void SimMachine::broken(std::string rule) {
  note("BROKEN: " + rule);
  system.broken_rules.push_back(std::move(rule));
}

bool SimMachine::take_lock(SimProcess& process, const std::string& resource) {
  if (!locks_.emplace(resource, &process).second) return false;
  process.locked = resource;
  return true;
}

SimRecord* SimMachine::record(const Order& order) {
  const auto found = records.find(order.change.id);
  return found == records.end() ? nullptr : &found->second;
}

void SimMachine::apply(const PlainChange& change) {
  if (!intended_.contains(change.id))
    broken(change.id + " was injected before its intent was durable");
  if (called_clean_.contains(change.id))
    broken(change.id + " came in force after it was called clean");
  std::string& holder = holders_[change.resource];
  if (holder == kStranger) return;  // it fails there
  if (!holder.empty() && holder != change.id) broken(change.id + " was put upon " + holder);
  holder = change.id;
  ++counts["changes in force"];
  note(change.id + " is in force");
  system.in_force.insert(change.id);
  if (!system.since) system.since = clock.now();
}

bool SimMachine::in_force(const PlainChange& change) const {
  return system.in_force.contains(change.id);
}

SimMachine::Undo SimMachine::undo(const PlainChange& change) {
  std::string& holder = holders_[change.resource];
  if (holder == kStranger) {
    if (defect != SimDefect::UndoTakesFromOthers) return Undo::Conflict;
    broken("the undo of " + change.id + " took what was not ours");
    holder.clear();
  }
  if (holder != change.id) return Undo::Done;
  if (happens(storm.undo_fails)) {
    limits(change.id).hampered = true;
    ++counts["undos failed"];
    return Undo::Failed;
  }
  holder.clear();
  taken_back(change.id);
  return Undo::Done;
}

void SimMachine::taken_back(const std::string& change) {
  note(change + " is gone");
  check_limits(change);
  system.in_force.erase(change);
  if (system.in_force.empty()) system.since.reset();
}

void SimMachine::check_limits(const std::string& change) {
  const SimLimits& limit = limits(change);
  if (limit.hampered || (limit.first_killed && limit.second_killed)) return;
  const auto check = [&](Time since, std::string_view what) {
    if (clock.now() <= since + kUndoneWithin) return;
    broken(fmt::format(
        "{} was in force {} after {}", change, format_duration(clock.now() - since), what));
  };
  if (limit.end_of_input) check(*limit.end_of_input, "the end of the input");
  if (limit.first_killed) check(*limit.first_killed, "its guard was killed");
  if (limit.second_killed) check(*limit.second_killed, "its second guard was killed");
  check(limit.heard + limit.lease, "its lease");
  check(*limit.armed + limit.deadline, "its deadline");
}

void SimMachine::stranger_takes(const std::string& resource) {
  const std::string change = holders_[resource];
  if (change.empty() || change == kStranger) return;
  taken_back(change);
  holders_[resource] = kStranger;
  ++counts["strangers"];
  note("a stranger takes the place of " + change);
}

void SimMachine::strangers_leave() {
  for (auto& [resource, holder] : holders_)
    if (holder == kStranger) holder.clear();
}

void SimMachine::let_all_go_on() {
  for (SimProcess& process : processes_) {
    if (!process.alive || !process.stopped_at) continue;
    process.goes_on_at = clock.now();
    process.bell.ring();
  }
}

void SimMachine::called_clean(const std::string& change) {
  if (system.in_force.contains(change)) broken(change + " was called clean while it was in force");
  called_clean_.insert(change);
}

void SimMachine::called_closed(bool with_reason) {
  if (!system.in_force.empty()) broken("the run was closed with something in force");
  if (with_reason) return;
  for (const std::string& change : intended_)
    if (!called_clean_.contains(change)) broken("the run was closed with " + change + " open");
}

Task<CommandResult> SimTarget::try_run(Command) {
  fail("the simulation runs no programs");
  co_return CommandResult{};
}

Task<std::unique_ptr<Channel>> SimTarget::open(std::vector<std::string>) {
  fail("the simulation runs no programs");
  co_return nullptr;
}

Task<std::unique_ptr<Channel>> SimTarget::open_guard(std::string command) {
  SimMachine& machine = machine_;
  const Duration takes = machine.some(machine.storm.slowest);
  co_await machine.clock.sleep_for(takes);
  if (machine.happens(machine.storm.unreachable)) {
    ++machine.counts["hosts unreachable"];
    fail("the host here cannot be reached");
  }
  LineTroubles troubles;
  troubles.slowest = machine.storm.slowest;
  if (machine.happens(machine.storm.bad_line)) {
    ++machine.counts["bad lines"];
    troubles.lost = machine.random.unit() * 0.3;
    troubles.twice = machine.random.unit() * 0.2;
    troubles.damaged = machine.random.unit() * 0.05;
  }
  if (machine.happens(machine.storm.line_cut)) {
    ++machine.counts["lines cut"];
    troubles.cut_at = machine.clock.now() + machine.some(12s);
  }
  auto line = std::make_shared<SimLine>(machine.clock, machine.random.next(), troubles);
  auto channel = std::make_unique<SimChannel>(machine.clock, line, runner_);
  if (!runner_.dead) start_guard(machine, command, std::move(line));
  co_return channel;
}

}  // namespace muster
