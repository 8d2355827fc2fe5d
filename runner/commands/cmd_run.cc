#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "reports/formats/formats.h"
#include "reports/formats/github.h"
#include "runner/commands/commands.h"
#include "runner/commands/run_outputs.h"
#include "runner/drill/drill_run.h"
#include "runner/exit_code.h"
#include "runner/view/metrics.h"
#include "runner/view/terminal.h"

namespace muster {

namespace {

struct RunArguments {
  std::string& playbook;
  std::string& stack;
  std::vector<std::string>& set;
  std::vector<std::string>& label;
  std::string& plan_hash;
  std::string& report;
  std::string& junit;
  std::string& summary;
  std::string& textfile;
  std::string& metrics;
  int& trials;
  bool& confirm;
  bool& json;
  bool& plain;
  bool& yes;
  bool& yes_production;
};

/// Which of two runs decides the exit code of several: the worse one.
int severity(int exit_code) {
  constexpr int kFromBest[] = {0, 1, 3, 5, 130, 4};
  for (int i = 0; i < 6; ++i) {
    if (kFromBest[i] == exit_code) return i;
  }
  return 6;
}

void take_worse(int& worst, int code) {
  if (severity(code) > severity(worst)) worst = code;
}

/// What a run says on stdout. A reader that has gone costs it nothing but its words: it goes on,
/// and its exit code stays that of the drill, above all where something is still broken.
class Words {
 public:
  void say(const std::string& text) {
    if (!heard_) return;
    try {
      print(text);
    } catch (const Error& error) {
      heard_ = false;
      std::fputs(fmt::format("muster: {}; the result is not lost: `muster report last` has it\n",
                             error.what())
                     .c_str(),
                 stderr);
    }
  }

 private:
  bool heard_ = true;
};

/// GitHub reads such lines on stderr too, which leaves stdout to --json.
void annotate(const Result& result) {
  const char* github = std::getenv("GITHUB_ACTIONS");
  if (github == nullptr || *github == '\0') return;
  std::fputs(github_annotation(result).c_str(), stderr);
}

std::string_view meaning_of(int exit_code) {
  switch (static_cast<ExitCode>(exit_code)) {
    case ExitCode::Pass:
      return "passed";
    case ExitCode::Fail:
      return "an objective was missed";
    case ExitCode::Inconclusive:
      return "inconclusive: neither a pass nor a fail may be built on it";
    case ExitCode::Broken:
      return "SOMETHING IS STILL BROKEN: an undo is missing or unverified";
    case ExitCode::Aborted:
      return "aborted, everything undone";
    case ExitCode::Interrupted:
      return "interrupted, everything undone";
    default:
      return "a bug in muster";
  }
}

void conclude(const FinishedRun& finished, bool as_json, Words& words) {
  annotate(finished.result);
  if (as_json) {
    words.say(compact_json(to_json(finished.result)) + "\n");
    return;
  }
  words.say("\n" + render_text(finished.result, colours_are_wanted()));
  const std::filesystem::path report = finished.directory / "report.html";
  std::error_code unknown;
  words.say(std::filesystem::exists(report, unknown)
                ? "\nreport: " + report.string() + "\n"
                : "\nreport: not written; `muster report last` makes it\n");
  words.say("run:    " + finished.result.run.id + "\n");
}

/// Why a pass ends with another exit code than its result has, for who reads JSON lines.
std::string missing_file_line(const std::string& problem) {
  json::object line;
  line["kind"] = "output";
  line["text"] = fmt::format(
      "{}; a pass ends with exit code {}", problem, static_cast<int>(ExitCode::Inconclusive));
  return compact_json(line) + "\n";
}

Permission permission_of(const RunArguments& arguments) {
  return {arguments.plan_hash,
          arguments.yes_production,
          drill_words(arguments.playbook, arguments.set, arguments.stack)};
}

/// Within its budgets, but worse than usual: one run alone may be a bad day.
bool wants_confirmation(const Result& result) {
  return result.verdict.exit_code == 0 &&
         std::ranges::any_of(result.metrics,
                             [](const Result::Metric& metric) { return metric.verdict == "warn"; });
}

constexpr int kConfirmingTrials = 2;

/// Both say how many trials there are.
void refuse_confirm_with_trials(const RunArguments& arguments, int trials) {
  if (!arguments.confirm || trials <= 1) return;
  throw UsageError(
      fmt::format("--confirm goes with one trial, and {} asks for {}; leave --confirm out{}",
                  arguments.trials > 0 ? "--trials" : "`trials` of the playbook",
                  trials,
                  arguments.trials > 0 ? "" : ", or add --trials 1"));
}

Task<int> run_all(Drill drill, RunArguments arguments, RunOutputs outputs) {
  int trials = drill.playbook.trials;
  DrillRunOptions options;
  options.json = arguments.json;
  options.plain = arguments.plain;
  options.answer_yes = arguments.yes;
  options.permission = permission_of(arguments);
  options.labels = named_values(arguments.label, "--label");
  options.metrics = arguments.metrics;
  Words words;
  int worst = 0;
  for (int trial = 1; trial <= trials; ++trial) {
    options.trial = trial;
    if (trials > 1 && !arguments.json) words.say(fmt::format("trial {} of {}\n", trial, trials));
    Drill copy = drill;
    const FinishedRun finished = co_await run_drill(std::move(copy), options);
    const int code = finished.result.verdict.exit_code;
    take_worse(worst, code);
    if (options.trial_group.empty()) options.trial_group = finished.result.run.id;
    for (const std::string& problem : outputs.write(finished.result))
      if (arguments.json) words.say(missing_file_line(problem));
    conclude(finished, arguments.json, words);
    // After anything but a pass or a fail a further trial would measure something else, or make it
    // worse.
    if (code > 1) break;
    if (arguments.confirm && trials == 1 && wants_confirmation(finished.result)) {
      trials += kConfirmingTrials;
      drill.playbook.trials = trials;
      if (!arguments.json)
        words.say(fmt::format("worse than usual: {} more trials tell whether it stays so\n",
                              kConfirmingTrials));
    }
  }
  const bool misses_a_file = worst == 0 && !outputs.complete();
  if (misses_a_file) worst = static_cast<int>(ExitCode::Inconclusive);
  if (!arguments.json) {
    words.say(fmt::format("exit:   {}, {}\n",
                          worst,
                          misses_a_file ? "passed, but a file that was asked for was not written"
                                        : meaning_of(worst)));
  }
  co_return worst;
}

}  // namespace

Action define_run(Arguments& arguments) {
  arguments.example("muster run drills/library/drain-us-east.yaml --set hold=10s");
  RunArguments a{
      arguments.operand("PLAYBOOK", "the drill to run"),
      arguments.option("--stack", "FILE", "another stack than the playbook names"),
      arguments.options(
          "--set", "NAME=VALUE", "the value of a variable; may be given several times"),
      arguments.options(
          "--label", "NAME=VALUE", "kept with the run; `version` is what a gate asks for"),
      arguments.option("--plan-hash", "HASH", "refuse unless `muster plan` still gives this hash"),
      arguments.option("--report", "FILE", "also write the HTML report there"),
      arguments.option("--junit", "FILE", "also write test results for CI there"),
      arguments.option("--summary", "FILE", "also append the Markdown report there"),
      arguments.option("--textfile", "FILE", "also write metrics for node_exporter there"),
      arguments.option(
          "--metrics",
          "ADDRESS:PORT",
          "serve metrics to Prometheus while it runs, e.g. 127.0.0.1:9464; to whoever can "
          "connect, so on a trusted network only"),
      arguments.number("--trials", "how often to run it; 0: as the playbook says", 0, 0, 1000),
      arguments.flag("--confirm",
                     "where one trial is worse than usual within its budgets, run two more"),
      arguments.flag("--json", "events and the result as JSON lines"),
      arguments.flag("--plain", "plain lines even on a terminal"),
      arguments.flag("--yes", "answer every `ask` step with yes"),
      arguments.flag("--yes-production",
                     "needed for a production stack, besides `muster approve`")};
  return [a] {
    check_metrics_address(a.metrics);
    refuse_confirm_with_trials(a, a.trials);
    Drill drill = load_drill_as_asked(a.playbook, a.set, a.stack);
    if (a.trials > 0) drill.playbook.trials = a.trials;
    refuse_confirm_with_trials(a, drill.playbook.trials);
    RunOutputs outputs({a.report, a.junit, a.summary, a.textfile});
    return run_to_end(run_all(std::move(drill), a, std::move(outputs)));
  };
}

}  // namespace muster
