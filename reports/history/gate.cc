#include "reports/history/gate.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

/// Collects what speaks against; an empty list at the end is the only way to an allow.
class Denials {
 public:
  template <class... Args>
  void unless(bool holds, fmt::format_string<Args...> reason, Args&&... args) {
    if (!holds) reasons_.push_back(fmt::format(reason, std::forward<Args>(args)...));
  }
  bool none() const { return reasons_.empty(); }
  std::vector<std::string> take() { return std::move(reasons_); }

 private:
  std::vector<std::string> reasons_;
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

const HistoryRun* newest(const std::vector<HistoryRun>& runs) {
  const auto found =
      std::max_element(runs.begin(), runs.end(), [](const HistoryRun& a, const HistoryRun& b) {
        return std::tie(a.started, a.number) < std::tie(b.started, b.number);
      });
  return found == runs.end() ? nullptr : &*found;
}

void judge_history(const GateQuestion& question,
                   const GateEvidence& evidence,
                   const HistoryRun& run,
                   Denials& deny) {
  deny.unless(run.drill == question.drill,
              "the history gave a run of {}, not of {}",
              quoted(run.drill),
              quoted(question.drill));
  deny.unless(run.status == "pass" && run.exit_code == 0,
              "the newest run, number {}, did not pass: {} (exit code {})",
              run.number,
              quoted(run.status),
              run.exit_code);
  const double now = microseconds(evidence.now);
  const double ended = microseconds(run.ended);
  const double max_age = static_cast<double>(question.max_age.count()) / 1e3;
  deny.unless(ended <= now,
              "run {} ends in the future, at {}: a clock is wrong",
              run.number,
              format_utc(run.ended));
  deny.unless(now - ended <= max_age,
              "run {} has expired: it ended at {}, more than {} ago",
              run.number,
              format_utc(run.ended),
              format_duration(question.max_age));
  deny.unless(question.for_version.empty() || run.version == question.for_version,
              "run {} was of version {}, not of {}",
              run.number,
              quoted(run.version),
              quoted(question.for_version));
  deny.unless(question.environment.empty() || run.environment == question.environment,
              "run {} was in environment {}, not in {}",
              run.number,
              quoted(run.environment),
              quoted(question.environment));
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
  same("the drill", run.drill, result.run.drill);
  same("the verdict", run.status, result.verdict.status);
  same("the exit code", std::to_string(run.exit_code), std::to_string(result.verdict.exit_code));
  same("the environment", run.environment, result.run.environment);
  same("the environment's digest", run.environment_digest, result.environment_digest);
  same("the playbook", run.series_key, result.playbook.series_key);
  const auto version = result.run.labels.find("version");
  same("the version", run.version, version == result.run.labels.end() ? "" : version->second);
  deny.unless(run.ended == result.run.ended_at,
              "history and result.json disagree on when the run ended");
}

void judge_action(const Result::Action& action, Denials& deny) {
  const std::string name = quoted(action.id);
  const bool closed = action.undo_state == "clean" || action.undo_state == "clean-by-guard" ||
                      action.undo_state == "target-gone";
  deny.unless(action.applied_s.has_value(), "change {} was never observed in force", name);
  deny.unless(action.undo_verified, "change {} was not seen undone", name);
  deny.unless(closed, "change {} ended in state {}", name, quoted(action.undo_state));
  deny.unless(action.error.empty(), "change {} had an error: {}", name, quoted(action.error));
  deny.unless(action.residue.empty(),
              "change {} left something behind: {}",
              name,
              quoted(join(action.residue, ", ")));
}

void judge_result(const Result& result, Denials& deny) {
  deny.unless(result.run.state == "completed" && result.run.abort.empty(),
              "the run did not complete: {} {}",
              quoted(result.run.state),
              printable(result.run.abort));
  deny.unless(!result.actions.empty(), "nothing was injected, so nothing was shown");
  for (const Result::Action& action : result.actions) judge_action(action, deny);
  deny.unless(!result.validity.empty(), "the result does not say whether the measurement was fair");
  for (const Result::Validity& clause : result.validity) {
    deny.unless(clause.ok, "the measurement was not fair: {}", printable(clause.text));
  }
  for (const Result::Metric& metric : result.metrics) {
    deny.unless(metric.verdict != "fail",
                "the objective on {} was missed, whatever the verdict says",
                quoted(metric.id));
  }
}

/// Whether more than one run says so.
bool is_confirmed(const Result::MetricChange& change) {
  return change.n_new > 1;
}

void judge_regression(const Result& result, Denials& deny) {
  std::size_t compared = 0;
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.change) continue;
    if (metric.change->test != "none") ++compared;
    deny.unless(metric.change->result != "worse" || !is_confirmed(*metric.change),
                "{} is worse than usual over {} trials together: {}",
                quoted(metric.id),
                metric.change->n_new,
                printable(metric.change->text));
  }
  deny.unless(compared > 0, "no promise could be held against enough earlier runs");
}

/// Another trial of the same group that did not pass: the drill as it was asked for did not.
void judge_trials(const GateEvidence& evidence, const HistoryRun& newest, Denials& deny) {
  for (const HistoryRun& run : evidence.runs) {
    if (run.id == newest.id || newest.trial_group.empty() || run.trial_group != newest.trial_group)
      continue;
    deny.unless(run.status == "pass" && run.exit_code == 0,
                "another trial of the same group, run {}, ended as {}",
                run.number,
                quoted(run.status));
  }
}

/// What an allow does not hide: what is worse, and where a regression was asked for and could not
/// be told.
std::vector<std::string> warnings(const GateQuestion& question, const Result& result) {
  std::vector<std::string> lines;
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.change) continue;
    const bool untold =
        metric.change->result == "unclear" || metric.change->result == "too-few-runs";
    if (question.no_regression && untold)
      lines.push_back(
          fmt::format("though of {} {}", quoted(metric.id), printable(metric.change->text)));
    if (metric.change->result != "worse") continue;
    lines.push_back(
        fmt::format("though {} is worse than usual ({}){}",
                    quoted(metric.id),
                    printable(metric.change->text),
                    is_confirmed(*metric.change)
                        ? ""
                        : "; one run alone: `muster run --confirm` tells whether it stays so"));
  }
  return lines;
}

std::vector<std::string> grounds(const GateQuestion& question,
                                 const HistoryRun& run,
                                 const Result& result) {
  std::vector<std::string> lines = {fmt::format("run {} of {} passed and ended at {}, within {}",
                                                run.number,
                                                quoted(run.drill),
                                                format_utc(run.ended),
                                                format_duration(question.max_age)),
                                    fmt::format("{} observed in force and seen undone",
                                                count_of(result.actions.size(), "change"))};
  if (!question.for_version.empty()) lines.push_back("it was of version " + quoted(run.version));
  if (!question.environment.empty())
    lines.push_back("it was in environment " + quoted(run.environment));
  for (std::string& line : warnings(question, result)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

GateAnswer decide(const GateQuestion& question, const GateEvidence& evidence) {
  Denials deny;
  deny.unless(!question.drill.empty(), "no drill was asked about");
  deny.unless(question.max_age > Duration::zero(),
              "a run may be no older than nothing: max-age must be above zero");
  deny.unless(evidence.history_error.empty(),
              "the history cannot be read: {}",
              printable(evidence.history_error));
  deny.unless(evidence.result_error.empty(),
              "the result cannot be read: {}",
              printable(evidence.result_error));
  for (const std::string& line : evidence.unclean)
    deny.unless(false, "still in force: {}", printable(line));
  for (const std::string& id : evidence.unremembered)
    deny.unless(false,
                "run {} has ended and is not in the history; `muster recover` puts it there",
                printable(id));
  deny.unless(evidence.lever.empty(), "{}", printable(evidence.lever));

  const HistoryRun* run = newest(evidence.runs);
  deny.unless(run != nullptr, "{} has never been run", quoted(question.drill));
  deny.unless(evidence.result.has_value(), "there is no result of the newest run");
  if (run != nullptr) judge_history(question, evidence, *run, deny);
  if (run != nullptr) judge_trials(evidence, *run, deny);
  if (evidence.result) judge_result(*evidence.result, deny);
  if (evidence.result && question.no_regression) judge_regression(*evidence.result, deny);
  if (run != nullptr && evidence.result) judge_agreement(*run, *evidence.result, deny);

  GateAnswer answer;
  answer.allow = deny.none();
  answer.run = run == nullptr ? "" : run->id;
  answer.reasons = answer.allow ? grounds(question, *run, *evidence.result) : deny.take();
  return answer;
}

}  // namespace muster
