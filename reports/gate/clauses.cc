// The list of docs/gate.md: what must hold of one drill. A clause that is not here is not asked.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/gate/gate.h"

namespace muster {

namespace {

/// What a fair measurement says of itself; each must be there, and hold.
constexpr std::array<std::string_view, 10> kFairness = {"completed",
                                                        "baseline-present",
                                                        "baseline-steady",
                                                        "fault-in-force",
                                                        "samples",
                                                        "agents-alive",
                                                        "probe-rate",
                                                        "probe-lag",
                                                        "clock-bound",
                                                        "undo"};

/// Collects what speaks against.
class Denials {
 public:
  /// A clause that no waiver covers.
  template <class... Args>
  void unless(bool holds, fmt::format_string<Args...> reason, Args&&... args) {
    if (!holds) found_.push_back({fmt::format(reason, std::forward<Args>(args)...), false});
  }
  template <class... Args>
  void unless_waived(bool holds, fmt::format_string<Args...> reason, Args&&... args) {
    if (!holds) found_.push_back({fmt::format(reason, std::forward<Args>(args)...), true});
  }
  std::vector<Denial> take() { return std::move(found_); }

 private:
  std::vector<Denial> found_;
};

/// Texts from files and from people stay on their line and harmless on a terminal.
std::string quoted(const std::string& text) {
  return text.empty() ? "(none)" : "'" + printable(text, 120) + "'";
}

/// Both in microseconds, as doubles: exact for every date a clock can show, defined for every
/// other.
double microseconds(UtcTime at) {
  return static_cast<double>(at.time_since_epoch().count());
}

void judge_demand(const GateDemand& demand, Denials& deny) {
  deny.unless(!demand.drill.empty(), "no drill was asked about");
  deny.unless(demand.max_age > Duration::zero(),
              "a run may be no older than nothing: the age allowed must be above zero");
  deny.unless_waived(demand.version != "",
                     "the version must match, and the question tells none: ask for a version");
  deny.unless_waived(
      demand.configuration != "",
      "the configuration must match, and the question tells none: ask for a configuration");
}

void judge_home(const GateEvidence& evidence, Denials& deny) {
  deny.unless(evidence.history_error.empty(),
              "the history cannot be read: {}",
              printable(evidence.history_error));
  deny.unless(evidence.result_error.empty(),
              "the result cannot be read: {}",
              printable(evidence.result_error));
  deny.unless(evidence.files_error.empty(),
              "what the policy names cannot be read: {}",
              printable(evidence.files_error));
  for (const std::string& line : evidence.unclean)
    deny.unless(false, "still in force: {}", printable(line));
  for (const std::string& id : evidence.forgotten)
    deny.unless(
        false,
        "run {} is newer than what the history knows of the drill, and not in it: the store "
        "was put back, or is another; run the drill again",
        printable(id));
  for (const std::string& id : evidence.unremembered)
    deny.unless(false,
                "run {} has ended and is not in the history; `muster recover` puts it there",
                printable(id));
  deny.unless(evidence.lever.empty(), "{}", printable(evidence.lever));
}

/// A run that does not say where it was may have been here.
bool may_have_been_here(const GateDemand& demand,
                        const GateEvidence& evidence,
                        const HistoryRun& run) {
  const auto is_elsewhere = [](const std::string& was, const std::string& wanted) {
    return !wanted.empty() && !was.empty() && was != wanted;
  };
  return !is_elsewhere(run.environment, demand.environment) &&
         (demand.stack.empty() || !is_elsewhere(run.stack, evidence.stack));
}

/// Two runs that begin together may take their numbers the one way round and start the other.
constexpr auto kStartedTogether = std::chrono::minutes(1);

/// The number is of a counter that all share, the time of whatever clock a machine had.
void judge_order(const GateDemand& demand,
                 const GateEvidence& evidence,
                 const HistoryRun& newest,
                 Denials& deny) {
  for (const HistoryRun& run : evidence.runs) {
    if (!may_have_been_here(demand, evidence, run)) continue;
    deny.unless(microseconds(run.started) - microseconds(newest.started) <=
                    static_cast<double>(std::chrono::microseconds(kStartedTogether).count()),
                "run {} started later than run {}: a clock was wrong; run the drill again",
                run.number,
                newest.number);
  }
}

bool is_broken(const HistoryRun& run) {
  return run.status == "broken" || run.exit_code == 4;
}

void judge_history(const GateDemand& demand,
                   const GateEvidence& evidence,
                   const HistoryRun& run,
                   Denials& deny) {
  deny.unless(run.drill == demand.drill,
              "the history gave a run of {}, not of {}",
              quoted(run.drill),
              quoted(demand.drill));
  deny.unless(!is_broken(run),
              "the newest run, number {}, could not undo everything: {} (exit code {})",
              run.number,
              quoted(run.status),
              run.exit_code);
  deny.unless_waived(is_broken(run) || (run.status == "pass" && run.exit_code == 0),
                     "the newest run, number {}, did not pass: {} (exit code {})",
                     run.number,
                     quoted(run.status),
                     run.exit_code);
  const double now = microseconds(evidence.now);
  const double ended = microseconds(run.ended);
  const double max_age = static_cast<double>(demand.max_age.count()) / 1e3;
  deny.unless(ended <= now,
              "run {} ends in the future, at {}: a clock is wrong",
              run.number,
              format_utc(run.ended));
  deny.unless_waived(now - ended <= max_age,
                     "run {} has expired: it ended at {}, more than {} ago",
                     run.number,
                     format_utc(run.ended),
                     format_duration(demand.max_age));
}

void judge_subject(const GateDemand& demand, const HistoryRun& run, Denials& deny) {
  deny.unless_waived(demand.environment.empty() || run.environment == demand.environment,
                     "run {} was in environment {}, not in {}",
                     run.number,
                     quoted(run.environment),
                     quoted(demand.environment));
  if (demand.version && !demand.version->empty())
    deny.unless_waived(run.version == *demand.version,
                       "run {} was of version {}, not of {}",
                       run.number,
                       quoted(run.version),
                       quoted(*demand.version));
  if (demand.configuration && !demand.configuration->empty())
    deny.unless_waived(run.environment_digest == *demand.configuration,
                       "run {} was with the configuration {}, not with {}",
                       run.number,
                       quoted(run.environment_digest),
                       quoted(*demand.configuration));
}

/// " in the environment 'production' on the stack 'shop'", as far as it matters.
std::string place_of(const GateDemand& demand, const GateEvidence& evidence) {
  std::string place;
  if (!demand.environment.empty()) place += " in the environment " + quoted(demand.environment);
  if (!demand.stack.empty()) place += " on the stack " + quoted(evidence.stack);
  return place;
}

/// Another trial of the same group that did not pass, or is missing: the drill as it was asked for
/// did not.
void judge_trials(const GateEvidence& evidence, const HistoryRun& newest, Denials& deny) {
  std::set<std::string_view> known = {newest.id};
  for (const HistoryRun& run : evidence.runs) {
    if (&run == &newest || newest.trial_group.empty() || run.trial_group != newest.trial_group)
      continue;
    known.insert(run.id);
    const bool passed = run.status == "pass" && run.exit_code == 0;
    deny.unless(!is_broken(run),
                "another trial of the same group, run {}, could not undo everything",
                run.number);
    deny.unless_waived(passed || is_broken(run),
                       "another trial of the same group, run {}, ended as {}",
                       run.number,
                       quoted(run.status));
  }
  if (!evidence.result) return;
  const int wanted = evidence.result->run.trial_of;
  deny.unless_waived(static_cast<int>(known.size()) >= wanted,
                     "of the {} trials that run {} belongs to, {} came into the history",
                     wanted,
                     newest.number,
                     known.size());
}

void judge_signature(const GateEvidence& evidence, const HistoryRun& run, Denials& deny) {
  deny.unless(!run.result_digest.empty() && run.result_digest == evidence.result_digest,
              "the result of run {} is not the one that the history remembers: {} and {}",
              run.number,
              quoted(evidence.result_digest),
              quoted(run.result_digest));
  if (evidence.is_signed) return;
  const bool unsaid = evidence.signature_error.empty();
  deny.unless(!unsaid, "run {} is not signed; run the drill again with this muster", run.number);
  deny.unless(
      unsaid, "run {} cannot be believed: {}", run.number, printable(evidence.signature_error));
}

void judge_agreement(const HistoryRun& run, const Result& result, Denials& deny) {
  const auto same =
      [&](const std::string& what, const std::string& in_history, const std::string& in_result) {
        deny.unless(in_history == in_result,
                    "history and result.json disagree on {}: {} and {}",
                    what,
                    quoted(in_history),
                    quoted(in_result));
      };
  same("the run's id", run.id, result.run.id);
  same("the run's number", std::to_string(run.number), std::to_string(result.run.number));
  same("the drill", run.drill, result.run.drill);
  same("the verdict", run.status, result.verdict.status);
  same("the exit code", std::to_string(run.exit_code), std::to_string(result.verdict.exit_code));
  same("the environment", run.environment, result.run.environment);
  if (!run.stack.empty()) same("the stack", run.stack, result.run.service);
  same("the environment's digest", run.environment_digest, result.environment_digest);
  same("the playbook", run.series_key, result.playbook.series_key);
  same("the group of trials", run.trial_group, result.run.trial_group);
  const auto version = result.run.labels.find("version");
  same("the version", run.version, version == result.run.labels.end() ? "" : version->second);
  deny.unless(run.started == result.run.started_at && run.ended == result.run.ended_at,
              "history and result.json disagree on when the run began or ended");
}

void judge_files(const GateDemand& demand,
                 const GateEvidence& evidence,
                 const Result& result,
                 Denials& deny) {
  if (!demand.playbook.empty() && evidence.files_error.empty())
    deny.unless_waived(
        !evidence.playbook_digest.empty() && result.playbook.digest == evidence.playbook_digest,
        "the run was of another playbook than {} is now: {}, not {}",
        quoted(demand.playbook),
        quoted(result.playbook.digest),
        quoted(evidence.playbook_digest));
  if (!demand.stack.empty() && evidence.files_error.empty())
    deny.unless_waived(!evidence.stack.empty() && result.run.service == evidence.stack,
                       "the run was on the stack {}, not on {}",
                       quoted(result.run.service),
                       quoted(evidence.stack));
}

void judge_action(const Result::Action& action, Denials& deny) {
  const std::string name = quoted(action.id);
  const bool closed = action.undo_state == "clean" || action.undo_state == "clean-by-guard" ||
                      action.undo_state == "target-gone";
  deny.unless_waived(action.applied_s.has_value(), "change {} was never observed in force", name);
  deny.unless(action.undo_verified, "change {} was not seen undone", name);
  deny.unless(closed, "change {} ended in state {}", name, quoted(action.undo_state));
  deny.unless_waived(
      action.error.empty(), "change {} had an error: {}", name, quoted(action.error));
  deny.unless(action.residue.empty(),
              "change {} left something behind: {}",
              name,
              quoted(join(action.residue, ", ")));
}

void judge_actions(const GateDemand& demand, const Result& result, Denials& deny) {
  const auto observed = static_cast<std::size_t>(std::ranges::count_if(
      result.actions, [](const Result::Action& action) { return action.applied_s.has_value(); }));
  deny.unless_waived(!result.actions.empty(), "nothing was injected, so nothing was shown");
  deny.unless_waived(result.actions.empty() || observed >= demand.least_changes,
                     "{} observed in force, and the policy asks for {}",
                     count_of(observed, "change"),
                     demand.least_changes);
  for (const Result::Action& action : result.actions) judge_action(action, deny);
}

void judge_fairness(const Result& result, Denials& deny) {
  for (const std::string_view id : kFairness) {
    const auto told = std::ranges::count(result.validity, id, &Result::Validity::id);
    deny.unless(told == 1, "the result does not say once whether the measurement was fair: {}", id);
  }
  for (const Result::Validity& clause : result.validity)
    deny.unless_waived(clause.ok, "the measurement was not fair: {}", printable(clause.text));
}

/// Whether the value is within the budget, with all of its interval.
bool is_within(const Result::Metric& metric) {
  if (!metric.budget) return true;
  if (metric.budget_op == "<=")
    return !metric.censored && metric.value && metric.hi.value_or(*metric.value) <= *metric.budget;
  if (metric.budget_op != ">=") return false;
  if (metric.censored) return !metric.value || *metric.value >= *metric.budget;
  return metric.value && metric.lo.value_or(*metric.value) >= *metric.budget;
}

/// Whoever watches users and promises them nothing passes whatever they get.
void judge_promises(const Result& result, Denials& deny) {
  const bool has_objective = std::ranges::any_of(
      result.metrics, [](const Result::Metric& metric) { return metric.budget.has_value(); });
  deny.unless_waived(result.probes.empty() || has_objective || !result.checks.empty(),
                     "the drill promises nothing: it has neither an objective nor a check");
}

void judge_budgets(const Result& result, Denials& deny) {
  for (const Result::Metric& metric : result.metrics) {
    const std::string name = quoted(metric.id);
    deny.unless_waived(metric.verdict != "fail",
                       "the objective on {} was missed, whatever the verdict says",
                       name);
    const bool told =
        metric.verdict == "pass" || metric.verdict == "warn" || metric.verdict == "info";
    deny.unless_waived(metric.verdict == "fail" || told,
                       "the objective on {} was not judged: {}",
                       name,
                       quoted(metric.verdict));
    deny.unless_waived(
        !told || is_within(metric), "{} is not within its budget, whatever its verdict says", name);
  }
  for (const auto& [text, held] : result.checks)
    deny.unless_waived(held, "a check of the drill did not hold: {}", printable(text));
}

/// Whoever sent nothing has seen nothing.
void judge_samples(const Result& result, Denials& deny) {
  if (result.probes.empty()) return;
  deny.unless_waived(result.samples && result.samples->count > 0, "the probes left no samples");
}

void judge_neighbours(const GateEvidence& evidence, const Result& result, Denials& deny) {
  const auto is_elsewhere = [&](const OtherRun& other) {
    const bool on_another_stack = !other.stack.empty() && other.stack != result.run.service;
    return other.id == result.run.id || on_another_stack;
  };
  for (const OtherRun& other : evidence.overlapping)
    deny.unless_waived(is_elsewhere(other),
                       "run {} of {} was going on at the same time on the same stack",
                       printable(other.id),
                       quoted(other.drill));
}

/// No waiver is about what goes on now. Where nobody can tell on which stack the question is, it is
/// on every one.
void judge_running(const GateEvidence& evidence, const HistoryRun* run, Denials& deny) {
  std::set<std::string_view> stacks{evidence.stack};
  if (evidence.result)
    stacks.insert(evidence.result->run.service);
  else if (run != nullptr)
    stacks.insert(run->stack);
  stacks.erase("");
  for (const OtherRun& other : evidence.running) {
    const bool is_itself = evidence.result && other.id == evidence.result->run.id;
    const bool is_elsewhere =
        !stacks.empty() && !other.stack.empty() && !stacks.contains(other.stack);
    deny.unless(is_itself || is_elsewhere,
                "run {} of {} is going on now on the same stack; ask again when it has ended",
                printable(other.id),
                quoted(other.drill));
  }
}

void judge_result(const GateDemand& demand,
                  const GateEvidence& evidence,
                  const Result& result,
                  Denials& deny) {
  deny.unless_waived(result.run.state == "completed" && result.run.abort.empty(),
                     "the run did not complete: {} {}",
                     quoted(result.run.state),
                     printable(result.run.abort));
  judge_actions(demand, result, deny);
  judge_fairness(result, deny);
  judge_samples(result, deny);
  judge_promises(result, deny);
  judge_budgets(result, deny);
  judge_files(demand, evidence, result, deny);
  judge_neighbours(evidence, result, deny);
}

void judge_regression(const Result& result, Denials& deny) {
  std::size_t compared = 0;
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.change) continue;
    if (metric.change->test != "none") ++compared;
    // One run alone may be a bad day.
    const bool confirmed = metric.change->n_new > 1;
    deny.unless_waived(metric.change->result != "worse" || !confirmed,
                       "{} is worse than usual over {} trials together: {}",
                       quoted(metric.id),
                       metric.change->n_new,
                       printable(metric.change->text));
  }
  deny.unless_waived(compared > 0, "no promise could be held against enough earlier runs");
}

}  // namespace

const HistoryRun* newest_run(const GateDemand& demand, const GateEvidence& evidence) {
  const HistoryRun* newest = nullptr;
  for (const HistoryRun& run : evidence.runs) {
    if (!may_have_been_here(demand, evidence, run)) continue;
    if (newest == nullptr ||
        std::tie(run.number, run.started) > std::tie(newest->number, newest->started))
      newest = &run;
  }
  return newest;
}

std::vector<Denial> denials_of(const GateDemand& demand, const GateEvidence& evidence) {
  Denials deny;
  judge_demand(demand, deny);
  judge_home(evidence, deny);
  const HistoryRun* run = newest_run(demand, evidence);
  deny.unless_waived(
      run != nullptr, "{} has never been run{}", quoted(demand.drill), place_of(demand, evidence));
  deny.unless(run == nullptr || evidence.result || !evidence.is_signed,
              "there is no result of the newest run");
  judge_running(evidence, run, deny);
  if (run != nullptr) {
    judge_order(demand, evidence, *run, deny);
    judge_history(demand, evidence, *run, deny);
    judge_subject(demand, *run, deny);
    judge_trials(evidence, *run, deny);
    judge_signature(evidence, *run, deny);
  }
  if (evidence.result) judge_result(demand, evidence, *evidence.result, deny);
  if (evidence.result && demand.no_regression) judge_regression(*evidence.result, deny);
  if (run != nullptr && evidence.result) judge_agreement(*run, *evidence.result, deny);
  return deny.take();
}

}  // namespace muster
