#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "runner/serve/scheduler.h"

// What people ask of a scheduler, and what it tells them unasked.

namespace muster {

namespace {

constexpr Duration kOverdueEvery = std::chrono::minutes(1);
constexpr Duration kOverdueAgain = std::chrono::hours(24);
constexpr std::size_t kFirstLook = 500;
constexpr std::size_t kAllRuns = 1'000'000;
constexpr const char* kNewLease = "new:";
constexpr const char* kOverdueLease = "overdue:";
constexpr const char* kUnderWay = "it is about to start, or going on";

/// Asked for by a person and not begun, or going on.
bool is_under_way(const Occurrence& turn) {
  return (turn.state == "planned" && !turn.why.empty()) || turn.state == "claimed" ||
         turn.state == "started";
}

/// Whether nobody holds it: not this process either.
bool is_free(Store& store, const std::string& name) {
  const std::vector<TakenLease> taken = store.leases(name);
  return std::ranges::none_of(
      taken, [&](const TakenLease& each) { return each.lease.name == name && !each.is_over(); });
}

/// A drill is new, and not overdue, for as long as it may go without a pass; from when a server
/// first saw it, which the store keeps.
bool is_new(Store& store, const std::string& name, const std::string& server, Duration limit) {
  const std::string lease = kNewLease + name;
  const std::vector<TakenLease> seen = store.leases(lease);
  const auto since =
      std::ranges::find(seen, lease, [](const TakenLease& each) { return each.lease.name; });
  if (since != seen.end()) return !since->is_over();
  store.lease(lease, server, limit);
  return true;
}

}  // namespace

Task<> Scheduler::look_for_overdue() {
  const UtcTime now = parts_.clock.utc_now();
  if (now - looked_for_overdue_ < kOverdueEvery && now >= looked_for_overdue_) co_return;
  looked_for_overdue_ = now;
  for (const ScheduledDrill& drill : parts_.drills) {
    const std::optional<Duration> limit = drill.schedule.settings().overdue;
    if (!limit) continue;
    const Overdue found = co_await look_for_overdue(drill, *limit);
    if (!found.is_so) {
      overdue_.erase(drill.name());
      continue;
    }
    overdue_.insert(drill.name());
    if (found.is_mine_to_tell)
      tell(NotifyEvent::Overdue,
           drill,
           "",
           "overdue",
           fmt::format("{} has not passed for {}", drill.drill, format_duration(*limit)));
  }
}

/// The store keeps who told of it, for a day: not a restart, and no other server, tells it again.
Task<Scheduler::Overdue> Scheduler::look_for_overdue(const ScheduledDrill& drill, Duration limit) {
  const UtcTime now = parts_.clock.utc_now();
  const auto is_known = [now, environment = drill.environment](const HistoryRun& run) {
    return run.environment == environment && run.ended <= now;
  };
  const auto has_passed = [is_known, least = later(now, -limit)](const HistoryRun& run) {
    return is_known(run) && run.status == "pass" && run.ended >= least;
  };
  const auto is_old = [is_known, least = later(now, -limit)](const HistoryRun& run) {
    return is_known(run) && run.ended < least;
  };
  auto read = [name = drill.name(),
               played = drill.drill,
               server = parts_.holder,
               limit,
               has_passed,
               is_old](Store& store) -> Overdue {
    std::vector<HistoryRun> runs = store.history().runs(played, kFirstLook);
    // The newest may all have been elsewhere.
    if (std::ranges::none_of(runs, has_passed) && runs.size() == kFirstLook)
      runs = store.history().runs(played, kAllRuns);
    if (std::ranges::any_of(runs, has_passed)) return {};
    if (std::ranges::none_of(runs, is_old) && is_new(store, name, server, limit)) return {};
    const std::string told = kOverdueLease + name;
    return {true, is_free(store, told) && store.lease(told, server, kOverdueAgain).has_value()};
  };
  co_return co_await parts_.store.ask(std::move(read));
}

Task<std::string> Scheduler::start_now(std::string name, std::string who) {
  const ScheduledDrill* drill = drill_named(name);
  if (drill == nullptr) co_return fmt::format("there is no drill '{}'", printable(name, 64));
  if (!drill->schedule.settings().enabled)
    co_return fmt::format("{} is not enabled in {}", name, parts_.settings.file);
  if (asked_for_.contains(name)) co_return kUnderWay;
  asked_for_.insert(name);
  std::string problem = co_await plan_now(name, std::move(who));
  asked_for_.erase(name);
  co_return problem;
}

Task<std::string> Scheduler::plan_now(const std::string& name, std::string who) {
  Occurrence occurrence;
  occurrence.schedule = name;
  occurrence.due = parts_.clock.utc_now();
  occurrence.at = occurrence.due;
  occurrence.latest = later(occurrence.due, kGrace);
  occurrence.state = "planned";
  occurrence.why = "asked for by " + who;
  try {
    auto plan = [occurrence](Store& store) {
      const std::vector<Occurrence> known =
          store.occurrences(occurrence.schedule, kOccurrencesLookedAt);
      if (std::ranges::any_of(known, is_under_way)) return false;
      store.plan(occurrence);
      return true;
    };
    const bool planned = co_await parts_.store.ask(std::move(plan));
    if (!planned) co_return kUnderWay;
  } catch (const Error& error) {
    co_return error.what();
  }
  parts_.log.info("a turn was asked for", {{"drill", name}, {"who", who}});
  co_return "";
}

std::string Scheduler::waits_for(const Occurrence& planned) const {
  const auto found = waits_.find({planned.schedule, planned.due});
  return found == waits_.end() ? "" : found->second;
}

std::shared_ptr<RunningTurn> Scheduler::running(const std::string& run_id) const {
  for (const std::shared_ptr<RunningTurn>& turn : running_)
    if (turn->run_id() == run_id) return turn;
  return nullptr;
}

Task<> Scheduler::drop_all() {
  if (turns_) co_await turns_->stop();
}

Task<> Scheduler::stop_all(std::string reason) {
  const auto turns = running_;  // some end while others are told
  for (const std::shared_ptr<RunningTurn>& turn : turns) {
    std::string copy = reason;
    co_await turn->stop(std::move(copy));
  }
  if (turns_) co_await turns_->join();
}

}  // namespace muster
