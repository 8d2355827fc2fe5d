#include "runner/serve/scheduler.h"

#include <algorithm>
#include <filesystem>

#include <boost/asio.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr Duration kLookEvery = std::chrono::seconds(2);
/// Turns are planned, and their moment drawn, so long before they begin.
constexpr Duration kPlanAhead = std::chrono::minutes(1);
constexpr Duration kPlanEvery = std::chrono::seconds(20);
constexpr Duration kRecoverAgain = std::chrono::minutes(5);
constexpr Duration kReadCalendarsEvery = std::chrono::minutes(1);
constexpr Duration kForgetAfter = std::chrono::hours(24 * 8);
constexpr std::size_t kTurnsAtOnce = 64;
constexpr std::size_t kMostPassed = 20'000;  ///< a week of minutes, and some
constexpr std::size_t kPassedTold = 20;
constexpr const char* kLaterIsDue = "missed: a later turn is due as well";
constexpr Duration kRecoverWithin = std::chrono::minutes(30);

bool is_going_on(const Occurrence& each) {
  return each.state == "claimed" || each.state == "started";
}

std::string why_missed(const Occurrence& turn, const std::string& waited_for) {
  return fmt::format(
      "missed: nobody could start it between {} and {} ({})",
      format_utc(turn.at),
      format_utc(turn.latest),
      waited_for.empty() ? "no server ran, another drill did, or the store was away" : waited_for);
}

/// What a run that was cut said itself, if it still did. Whatever fails here, people are told.
std::string words_of_cut(Store& store, const Occurrence& cut) {
  try {
    if (const std::optional<HistoryRun> run = store.history().run(cut.run)) return run->headline;
  } catch (const Error&) {
    // Then by what the store has just said.
  }
  return "cut: " + cut.why;
}

}  // namespace

Scheduler::Scheduler(Parts parts) : parts_(std::move(parts)), clock_watch_(parts_.clock) {}
Scheduler::~Scheduler() = default;

Task<> Scheduler::run() {
  auto executor = co_await boost::asio::this_coro::executor;
  turns_ = std::make_unique<TaskGroup>(executor);
  co_await recover();
  for (;;) {
    co_await look();
    co_await parts_.clock.sleep_for(kLookEvery);
  }
}

/// One look; what fails costs this look alone, whatever it is.
Task<> Scheduler::look() {
  clock_doubt_ = clock_watch_.jumped();
  if (clock_doubt_) {
    parts_.log.warning("the wall clock jumped; nothing starts before it is looked at again");
    planned_.clear();
    plan_again_ = {};
    co_return;
  }
  read_calendars();
  if (left_since_ && parts_.clock.now() - *left_since_ >= kRecoverAgain) co_await recover();
  std::string trouble;
  try {
    co_await end_cut_turns();
    co_await plan_turns();
    co_await skip_missed();
    if (recovered_) co_await start_due_turns();
    co_await see_what_waits();
    co_await look_for_overdue();
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;  // the server is stopping
    trouble = error.what();
  } catch (const std::filesystem::filesystem_error& error) {
    trouble = error.what();
  } catch (const Error& error) {
    trouble = error.what();
  }
  if (!trouble.empty()) waits_.clear();
  if (!trouble.empty() && trouble != store_trouble_)
    parts_.log.error("the store cannot be asked", {{"why", trouble}});
  store_trouble_ = trouble;
}

/// A freeze that somebody put in shows before the next turn comes. Where a file cannot be read any
/// more what was known stays; each run reads it itself, and does not start then.
void Scheduler::read_calendars() {
  const Time now = parts_.clock.now();
  if (read_calendars_ && now - *read_calendars_ < kReadCalendarsEvery) return;
  const bool is_first = !read_calendars_;
  read_calendars_ = now;
  if (is_first) return;
  for (ScheduledDrill& drill : parts_.drills) {
    if (drill.schedule.settings().calendars.empty()) continue;
    try {
      drill.schedule = Schedule(drill.schedule.settings());
      calendar_trouble_.erase(drill.name());
    } catch (const Error& error) {
      if (calendar_trouble_.insert(drill.name()).second)
        parts_.log.error("a calendar cannot be read; no turn of the drill starts until it can",
                         {{"drill", drill.name()}, {"why", error.what()}});
    }
  }
}

/// A server that was killed left its run to the guards; whatever they could not undo is undone now,
/// and nothing starts before. What is left is tried again every few minutes.
Task<> Scheduler::recover() {
  Command command{{(program_directory() / "muster").string(), "recover"}, {}, kRecoverWithin};
  try {
    const CommandResult result = co_await parts_.here.try_run(std::move(command));
    recovered_ = result.ok();
    left_since_.reset();
    if (recovered_) co_return;
    parts_.log.error("something may still be in force; no drill starts",
                     {{"recover", printable(trim(result.out + result.err), 2000)}});
  } catch (const Error& error) {
    parts_.log.error("`muster recover` could not be run; no drill starts", {{"why", error.what()}});
  }
  left_since_ = parts_.clock.now();
}

const ScheduledDrill* Scheduler::drill_named(const std::string& name) const {
  const auto found = std::ranges::find(
      parts_.drills, name, [](const ScheduledDrill& drill) { return drill.name(); });
  return found == parts_.drills.end() ? nullptr : &*found;
}

// ---- what is to come

Task<> Scheduler::plan_turns() {
  const UtcTime now = parts_.clock.utc_now();
  if (now < plan_again_ && plan_again_ < later(now, kPlanEvery * 2)) co_return;
  plan_again_ = later(now, kPlanEvery);
  std::erase_if(planned_,
                [&](const auto& each) { return each.second < later(now, -kForgetAfter); });
  for (const ScheduledDrill& drill : parts_.drills)
    if (drill.schedule.settings().enabled) co_await plan_turns_of(drill);
}

/// Those that are open now or soon. Of those that are due, only the newest may still be late and
/// not missed: nothing is made up for. The last of the others say so.
Task<> Scheduler::plan_turns_of(const ScheduledDrill& drill) {
  const UtcTime now = parts_.clock.utc_now();
  const Duration late = drill.schedule.settings().missed.run_within.value_or(Duration::zero());
  const UtcTime from = later(now, -(drill.schedule.longest_turn() + late));
  std::vector<Turn> turns = drill.schedule.turns(from, now, kMostPassed);
  std::erase_if(turns, [&](const Turn& turn) { return later(turn.end, late) <= now; });
  const std::size_t begun = turns.size();
  std::size_t newest = 0;
  for (std::size_t i = 0; i < begun; ++i)
    if (turns[i].excluded.empty() && (!is_window(turns[i]) || turns[i].end <= now)) newest = i;
  for (Turn& turn : drill.schedule.turns(now, later(now, kPlanAhead), kTurnsAtOnce))
    turns.push_back(std::move(turn));
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const bool is_told = i == newest || i + kPassedTold >= begun;
    if (!is_told || planned_.contains({drill.name(), turns[i].begin})) continue;
    Turn copy = turns[i];
    if (i < newest && copy.excluded.empty())
      co_await pass_over(drill, std::move(copy));
    else
      co_await plan_turn(drill, std::move(copy));
  }
}

/// A turn that comes into the store only to say there what became of it: no server of the store
/// can ever claim it.
Task<> Scheduler::pass_over(const ScheduledDrill& drill, Turn turn) {
  Occurrence occurrence;
  occurrence.schedule = drill.name();
  occurrence.due = turn.begin;
  occurrence.at = is_window(turn) ? turn.end : turn.begin;
  occurrence.latest = occurrence.at;
  occurrence.state = "planned";
  auto plan = [occurrence](Store& store) {
    return store.plan(occurrence);
  };
  Occurrence known = co_await parts_.store.ask(std::move(plan));
  planned_.insert({drill.name(), turn.begin});
  if (known.state != "planned") co_return;
  std::string why = kLaterIsDue;
  co_await skip(std::move(known), std::move(why));
}

/// The moment of a turn. A window that began while nobody was here still has its rest; one that has
/// passed was due at its end.
std::optional<UtcTime> Scheduler::moment_of(const ScheduledDrill& drill, const Turn& turn) const {
  const UtcTime now = parts_.clock.utc_now();
  if (!turn.excluded.empty()) return std::nullopt;
  if (!is_window(turn)) return turn.begin;
  if (turn.end <= now) return turn.end;
  const Turn rest{std::max(turn.begin, now), turn.end, ""};
  return drill.schedule.moment(rest, parts_.random.unit());
}

Task<> Scheduler::plan_turn(const ScheduledDrill& drill, Turn turn) {
  // An exclusion is said when its time has come.
  if (!turn.excluded.empty() && turn.begin > parts_.clock.utc_now()) co_return;
  const std::optional<UtcTime> moment = moment_of(drill, turn);
  const MissedRuns& missed = drill.schedule.settings().missed;
  Occurrence occurrence;
  occurrence.schedule = drill.name();
  occurrence.due = turn.begin;
  occurrence.at = moment.value_or(turn.begin);
  occurrence.latest = later(occurrence.at, std::max(kGrace, missed.run_within.value_or(kGrace)));
  if (is_window(turn))
    occurrence.latest =
        std::min(occurrence.latest, later(turn.end, missed.run_within.value_or(Duration::zero())));
  occurrence.state = "planned";
  auto plan = [occurrence](Store& store) {
    return store.plan(occurrence);
  };
  Occurrence known = co_await parts_.store.ask(std::move(plan));
  planned_.insert({drill.name(), turn.begin});
  if (moment || known.state != "planned") co_return;
  std::string why = turn.excluded.empty() ? "no second of it is allowed any more" : turn.excluded;
  co_await skip(std::move(known), std::move(why));
}

/// What nobody could start in time, and all but the newest of several that are due together. Said
/// once for each, and never made up for.
Task<> Scheduler::skip_missed() {
  const UtcTime now = parts_.clock.utc_now();
  due_.clear();
  for (const ScheduledDrill& drill : parts_.drills) {
    auto read = [name = drill.name()](Store& store) {
      return store.occurrences(name, kOccurrencesLookedAt);
    };
    std::vector<Occurrence> known = co_await parts_.store.ask(std::move(read));
    std::erase_if(known,
                  [&](const Occurrence& each) { return each.state != "planned" || each.at > now; });
    std::ranges::sort(known, {}, &Occurrence::at);
    for (std::size_t i = 0; i < known.size(); ++i) {
      const bool too_late = known[i].latest < now;
      if (!too_late && i + 1 == known.size()) continue;
      std::string why = too_late ? why_missed(known[i], waits_for(known[i])) : kLaterIsDue;
      Occurrence copy = known[i];
      co_await skip(std::move(copy), std::move(why));
    }
    if (!known.empty() && known.back().latest >= now) due_.push_back(known.back());
  }
}

Task<> Scheduler::skip(Occurrence claimed, std::string why) {
  auto write = [claimed, why](Store& store) {
    return store.finish(claimed, "skipped", why);
  };
  const bool ours = co_await parts_.store.ask(std::move(write));
  if (!ours) co_return;
  ++skipped_;
  parts_.log.info("skipped",
                  {{"drill", claimed.schedule}, {"due", format_utc(claimed.due)}, {"why", why}});
  if (const ScheduledDrill* drill = drill_named(claimed.schedule))
    tell(NotifyEvent::Skipped, *drill, "", "skipped", why);
}

/// Turns of servers that died: nobody goes on with them. Of the servers of a store one cuts each,
/// once, and so people are told once, by what the run itself still said, if it did.
Task<> Scheduler::end_cut_turns() {
  auto cut = [](Store& store) {
    std::vector<std::pair<Occurrence, std::string>> ended;
    for (Occurrence& each : store.cut_expired("the server that ran it has gone, or its run has")) {
      std::string words = words_of_cut(store, each);
      ended.emplace_back(std::move(each), std::move(words));
    }
    return ended;
  };
  const auto ended = co_await parts_.store.ask(std::move(cut));
  for (const auto& [each, words] : ended) {
    parts_.log.error("a turn was cut",
                     {{"drill", each.schedule}, {"run", each.run}, {"holder", each.holder}});
    if (const ScheduledDrill* drill = drill_named(each.schedule))
      tell(NotifyEvent::Broken, *drill, each.run, "interrupted", words);
  }
}

// ---- what is due

Task<> Scheduler::start_due_turns() {
  std::vector<std::string> names;
  names.reserve(parts_.drills.size());
  for (const ScheduledDrill& drill : parts_.drills)
    if (drill.schedule.settings().enabled) names.push_back(drill.name());
  for (;;) {
    auto claim = [names, this](Store& store) {
      return store.claim(names,
                         parts_.holder,
                         parts_.settings.lease,
                         parts_.settings.at_once,
                         parts_.clock.utc_now());
    };
    const Time held_until = parts_.clock.now() + parts_.settings.lease;
    std::optional<Occurrence> claimed = co_await parts_.store.ask(std::move(claim));
    if (!claimed) co_return;
    co_await consider(std::move(*claimed), held_until);
  }
}

/// So that people who ask for a drill, or look for one, hear what it waits for while it does.
Task<> Scheduler::see_what_waits() {
  waits_.clear();
  if (due_.empty()) co_return;
  auto read = [](Store& store) {
    std::vector<Occurrence> known = store.occurrences("", kOccurrencesLookedAt);
    std::erase_if(known, [](const Occurrence& each) { return !is_going_on(each); });
    return known;
  };
  const std::vector<Occurrence> going_on = co_await parts_.store.ask(std::move(read));
  std::vector<std::string> names;
  names.reserve(going_on.size());
  for (const Occurrence& each : going_on) names.push_back(each.schedule);
  std::string why = recovered_ ? "" : "something may still be in force, and nothing starts before";
  if (recovered_ && !names.empty())
    why = fmt::format("{} runs, and at_once is {}", join(names, ", "), parts_.settings.at_once);
  for (const Occurrence& each : due_) waits_[{each.schedule, each.due}] = why;
}

Task<> Scheduler::consider(Occurrence claimed, Time held_until) {
  const ScheduledDrill& drill = *drill_named(claimed.schedule);
  const bool by_person = !claimed.why.empty();  // it says who
  TurnAsked asked{drill.drill,
                  drill.environment,
                  claimed.due,
                  claimed.latest,
                  by_person,
                  parts_.settings.at_once,
                  ""};
  FactSources sources{parts_.clock, clock_watch_, parts_.here, parts_.store};
  const AdmissionFacts facts = co_await gather_facts(drill.schedule, std::move(asked), sources);
  const std::vector<std::string> reasons = why_not_now(drill.schedule, facts);
  if (!reasons.empty()) {
    std::string why = join(reasons, "; ");
    co_await skip(std::move(claimed), std::move(why));
    co_return;
  }
  TurnOrder order{claimed.schedule,
                  claimed.due,
                  inject_by(drill, claimed),
                  by_person,
                  parts_.holder,
                  claimed.generation,
                  held_until,
                  parts_.settings.lease,
                  parts_.settings.at_once};
  running_.push_back(
      std::make_shared<RunningTurn>(std::move(order), drill.drill, parts_.clock.utc_now()));
  ++started_;
  parts_.log.info("starting", {{"drill", drill.name()}, {"due", format_utc(claimed.due)}});
  turns_->spawn(run_turn(*running_.back(), drill));
}

/// A window is kept to its last second; after a cron instant the baseline still needs its time.
UtcTime Scheduler::inject_by(const ScheduledDrill& drill, const Occurrence& claimed) const {
  const std::vector<Turn> turns =
      drill.schedule.turns(claimed.due, later(claimed.due, std::chrono::seconds(1)), 1);
  const bool in_window =
      !turns.empty() && turns.front().begin == claimed.due && is_window(turns.front());
  if (!in_window) return later(claimed.latest, kToFirstFault);
  const std::optional<Duration>& missed = drill.schedule.settings().missed.run_within;
  return later(turns.front().end, missed.value_or(Duration::zero()));
}

Task<> Scheduler::run_turn(RunningTurn& turn, const ScheduledDrill& drill) {
  TurnOutcome outcome;
  tell(NotifyEvent::Started, drill, "", "started", drill.title);
  try {
    std::string file = parts_.settings.file;
    outcome = co_await turn.run(parts_.here, std::move(file));
  } catch (const Error& error) {
    outcome = {70, "", "", error.what()};
  }
  co_await conclude(turn, drill, outcome);
  running_.remove_if([&turn](const auto& each) { return each.get() == &turn; });
}

/// People are told whatever the store says, and before anything that takes long.
Task<> Scheduler::conclude(RunningTurn& turn, const ScheduledDrill& drill, TurnOutcome outcome) {
  const std::string words = outcome.headline.empty() ? outcome.errors : outcome.headline;
  parts_.log.info("ended",
                  {{"drill", drill.name()},
                   {"run", turn.run_id()},
                   {"status", outcome.status},
                   {"exit_code", std::to_string(outcome.exit_code)},
                   {"words", words}});
  TurnEnd end = TurnEnd::Unknown;
  std::string trouble;
  try {
    TurnOutcome copy = outcome;
    end = co_await end_turn(turn.order(), std::move(copy));
  } catch (const Error& error) {
    trouble = error.what();
  }
  // A process that gave no verdict and had a run may have left its faults to their guards.
  const bool was_cut = end == TurnEnd::Cut || (end == TurnEnd::Unknown && outcome.status.empty() &&
                                               !turn.run_id().empty());
  NotifyEvent event = NotifyEvent::Failed;
  if (outcome.exit_code == 0) event = NotifyEvent::Passed;
  if (outcome.exit_code == 6 || end == TurnEnd::Skipped) event = NotifyEvent::Skipped;
  if (outcome.exit_code == 4 || was_cut) event = NotifyEvent::Broken;
  tell(event, drill, turn.run_id(), outcome.status, words);
  // Its lease ends by itself, and whoever looks then cuts it.
  if (!trouble.empty())
    parts_.log.error("how a turn ended could not be written down",
                     {{"drill", drill.name()}, {"why", trouble}});
  if (was_cut || outcome.exit_code == 4) co_await recover();
}

/// The process has said itself how its turn ended, unless something ended the process, or kept it
/// from the store.
Task<Scheduler::TurnEnd> Scheduler::end_turn(const TurnOrder& order, TurnOutcome outcome) {
  Occurrence mine;
  mine.schedule = order.schedule;
  mine.due = order.due;
  mine.holder = order.holder;
  mine.generation = order.generation;
  auto write = [mine, outcome](Store& store) {
    const Occurrence known = store.plan(mine);
    const bool is_open = known.generation == mine.generation &&
                         (known.state == "claimed" || known.state == "started");
    if (!is_open) return TurnEnd::Itself;
    const std::string why =
        fmt::format("its process ended with {}: {}", outcome.exit_code, outcome.errors);
    if (known.state == "claimed")
      return store.finish(mine, "skipped", why) ? TurnEnd::Skipped : TurnEnd::Unknown;
    if (!outcome.status.empty())
      return store.finish(mine, "finished", outcome.status) ? TurnEnd::Itself : TurnEnd::Unknown;
    return store.finish(mine, "cut", why) ? TurnEnd::Cut : TurnEnd::Unknown;
  };
  co_return co_await parts_.store.ask(std::move(write));
}

void Scheduler::tell(NotifyEvent event,
                     const ScheduledDrill& drill,
                     std::string run,
                     std::string status,
                     std::string headline) {
  Notice notice;
  notice.event = event;
  notice.schedule = drill.name();
  notice.drill = drill.drill;
  notice.link = run.empty() || parts_.base_url.empty() ? "" : parts_.base_url + "/runs/" + run;
  notice.run = std::move(run);
  notice.status = std::move(status);
  notice.headline = std::move(headline);
  notice.at = parts_.clock.utc_now();
  parts_.notifier.tell(std::move(notice));
}

}  // namespace muster
