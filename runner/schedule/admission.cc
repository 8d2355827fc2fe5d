#include "runner/schedule/admission.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

/// Collects what speaks against; an empty list at the end is the only way to a start.
class Reasons {
 public:
  template <class... Args>
  void unless(bool holds, fmt::format_string<Args...> reason, Args&&... args) {
    if (!holds) add(fmt::format(reason, std::forward<Args>(args)...));
  }
  void add(const std::string& reason) { reasons_.push_back(printable(reason)); }
  std::vector<std::string> take() { return std::move(reasons_); }

 private:
  std::vector<std::string> reasons_;
};

bool is_in_calendar(UtcTime at) {
  return kCalendarBegin <= at && at < kCalendarEnd;
}

std::string text_of(const Schedule& schedule, UtcTime at) {
  return is_in_calendar(at) ? schedule.time_zone().text(at) : format_utc(at);
}

/// In microseconds, as doubles: defined for whatever a broken clock shows.
double microseconds(UtcTime at) {
  return static_cast<double>(at.time_since_epoch().count());
}

/// How long after the turn's end it may still be.
Duration allowance(const Schedule& schedule, const AdmissionFacts& facts, const Turn& turn) {
  const std::optional<Duration>& missed = schedule.settings().missed.run_within;
  if (turn.end - turn.begin > kGrace) return missed.value_or(Duration::zero());
  return missed.value_or(kGrace) + (facts.measured ? kToFirstFault : Duration::zero());
}

void judge_turn(const Schedule& schedule, const AdmissionFacts& facts, Reasons& reasons) {
  if (facts.by_person) return;
  std::vector<Turn> turns;
  if (is_in_calendar(facts.due))
    turns = schedule.turns(facts.due, facts.due + std::chrono::microseconds(1), 1);
  if (turns.empty()) {
    reasons.add(fmt::format("no turn of the schedule begins at {}; was it changed?",
                            text_of(schedule, facts.due)));
    return;
  }
  const Turn& turn = turns.front();
  reasons.unless(turn.excluded.empty(), "the turn is excluded: {}", turn.excluded);
  if (facts.further_trial && turn.end - turn.begin <= kGrace) return;
  const std::optional<Duration>& within = schedule.settings().missed.run_within;
  const double allowed = static_cast<double>(allowance(schedule, facts, turn).count()) / 1e3;
  reasons.unless(microseconds(facts.now) <= microseconds(turn.end) + allowed,
                 "the turn ended at {}; a missed turn {}",
                 text_of(schedule, turn.end),
                 within ? "may start within " + format_duration(*within) : "is skipped");
}

void judge_time(const Schedule& schedule, const AdmissionFacts& facts, Reasons& reasons) {
  reasons.unless(facts.now >= facts.due, "it is not due before {}", text_of(schedule, facts.due));
  reasons.unless(facts.further_trial || facts.now <= facts.latest,
                 "it is too late: it could start until {}",
                 text_of(schedule, facts.latest));
  reasons.unless(!facts.clock_doubt,
                 "the clock of this machine was set since the last look; nothing starts until it "
                 "has been looked at again");
  reasons.unless(!facts.clock_skew,
                 "the clock of this machine is far from the store's; set one of them right");
  for (const std::string& reason : schedule.forbidden(facts.now)) reasons.add(reason);
}

void judge_history(const Schedule& schedule, const AdmissionFacts& facts, Reasons& reasons) {
  reasons.unless(
      facts.history_error.empty(), "when it ran last is not known: {}", facts.history_error);
  if (!facts.ran_at) return;
  const double since = microseconds(facts.now) - microseconds(*facts.ran_at);
  const Duration gap = facts.further_trial ? Duration::zero() : schedule.settings().minimum_gap;
  if (since < 0)
    reasons.add(fmt::format("its last run ended in the future, at {}: a clock is wrong",
                            text_of(schedule, *facts.ran_at)));
  else
    reasons.unless(since >= static_cast<double>(gap.count()) / 1e3,
                   "its last run ended at {}, and the minimum gap is {}",
                   text_of(schedule, *facts.ran_at),
                   format_duration(gap));
}

template <class Each>
auto times_named(const std::vector<Each>& list, const std::string& name) {
  return std::count_if(list.begin(), list.end(), [&](const Each& each) {
    if constexpr (std::is_same_v<Each, HoldCheck>)
      return each.name == name;
    else
      return each.first == name;
  });
}

void judge_holds(const Schedule& schedule, const AdmissionFacts& facts, Reasons& reasons) {
  const std::vector<HoldCheck>& asked = schedule.settings().hold_while;
  for (const HoldCheck& check : asked)
    reasons.unless(times_named(facts.holds, check.name) == times_named(asked, check.name),
                   "hold '{}' was not asked once for each time it is written",
                   check.name);
  for (const auto& [name, answer] : facts.holds) {
    reasons.unless(times_named(asked, name) > 0, "hold '{}' is none of this drill", name);
    if (answer == HoldAnswer::Clear) continue;
    reasons.unless(answer != HoldAnswer::Held, "hold '{}' keeps it from starting", name);
    reasons.unless(answer == HoldAnswer::Held, "hold '{}' gave no clear answer", name);
  }
}

void judge_machine(const AdmissionFacts& facts, Reasons& reasons) {
  for (const std::string& fault : facts.unclean)
    reasons.add("a fault may still be in force: " + fault);
  reasons.unless(facts.unclean_error.empty(),
                 "whether faults are still in force is not known: {}",
                 facts.unclean_error);
  if (!facts.lever.empty()) reasons.add(facts.lever);
  const bool counted = facts.running >= 0 && facts.at_once >= 1;
  reasons.unless(counted, "how many drills run is not known");
  reasons.unless(!counted || facts.running < facts.at_once,
                 "{} in force, and at_once is {}",
                 count_of(static_cast<std::size_t>(std::max(facts.running, 0)), "drill"),
                 facts.at_once);
  reasons.unless(!facts.claim_lost, "this server has lost its claim on the turn");
  reasons.unless(facts.store_error.empty(), "the store does not answer: {}", facts.store_error);
}

}  // namespace

std::vector<std::string> why_not_now(const Schedule& schedule, const AdmissionFacts& facts) {
  Reasons reasons;
  reasons.unless(schedule.settings().enabled, "the drill is not enabled");
  judge_turn(schedule, facts, reasons);
  judge_time(schedule, facts, reasons);
  judge_history(schedule, facts, reasons);
  judge_holds(schedule, facts, reasons);
  judge_machine(facts, reasons);
  return reasons.take();
}

}  // namespace muster
