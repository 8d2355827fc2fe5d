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
constexpr const char* kUnderWay = "it is about to start, or going on";

/// Asked for by a person and not begun, or going on.
bool is_under_way(const Occurrence& turn) {
  return (turn.state == "planned" && !turn.why.empty()) || turn.state == "claimed" ||
         turn.state == "started";
}

}  // namespace

Task<> Scheduler::look_for_overdue() {
  const UtcTime now = parts_.clock.utc_now();
  if (now - looked_for_overdue_ < kOverdueEvery && now >= looked_for_overdue_) co_return;
  looked_for_overdue_ = now;
  for (const ScheduledDrill& drill : parts_.drills) {
    const std::optional<Duration> limit = drill.schedule.settings().overdue;
    if (!limit) continue;
    const auto passed_since =
        [now, least = later(now, -*limit), environment = drill.environment](const HistoryRun& run) {
          return run.environment == environment && run.status == "pass" && run.ended <= now &&
                 run.ended >= least;
        };
    auto read = [name = drill.drill, passed_since](Store& store) {
      std::vector<HistoryRun> runs = store.history().runs(name, kFirstLook);
      // The newest may all have been elsewhere.
      if (std::ranges::none_of(runs, passed_since) && runs.size() == kFirstLook)
        runs = store.history().runs(name, kAllRuns);
      return std::ranges::any_of(runs, passed_since);
    };
    const bool passed = co_await parts_.store.ask(std::move(read));
    if (passed) {
      overdue_.erase(drill.name());
      told_overdue_.erase(drill.name());
      continue;
    }
    overdue_.insert(drill.name());
    const auto told = told_overdue_.find(drill.name());
    if (told != told_overdue_.end() && now - told->second < kOverdueAgain) continue;
    told_overdue_[drill.name()] = now;
    tell(NotifyEvent::Overdue,
         drill,
         "",
         "overdue",
         fmt::format("{} has not passed for {}", drill.drill, format_duration(*limit)));
  }
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
