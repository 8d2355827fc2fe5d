#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "reports/formats.h"
#include "runner/commands.h"
#include "runner/drill_run.h"
#include "runner/exit_code.h"
#include "runner/terminal.h"

namespace muster {

namespace {

struct RunArguments {
  std::string& playbook;
  std::string& stack;
  std::vector<std::string>& set;
  std::vector<std::string>& label;
  std::string& plan_hash;
  std::string& report;
  int& trials;
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

void conclude(const FinishedRun& finished, const RunArguments& arguments) {
  if (arguments.json) {
    print(compact_json(to_json(finished.result)) + "\n");
    return;
  }
  print("\n" + render_text(finished.result, stdout_is_for_people()));
  print("\nreport: " + (finished.directory / "report.html").string() + "\n");
  print("run:    " + finished.result.run.id + "\n");
}

Permission permission_of(const RunArguments& arguments) {
  return {arguments.plan_hash,
          arguments.yes_production,
          drill_words(arguments.playbook, arguments.set, arguments.stack)};
}

Task<int> run_all(Drill drill, RunArguments arguments) {
  const int trials = arguments.trials > 0 ? arguments.trials : drill.playbook.trials;
  drill.playbook.trials = trials;
  DrillRunOptions options{arguments.json,
                          arguments.plain,
                          arguments.yes,
                          permission_of(arguments),
                          1,
                          "",
                          named_values(arguments.label, "--label")};
  int worst = 0;
  for (int trial = 1; trial <= trials; ++trial) {
    options.trial = trial;
    if (trials > 1 && !arguments.json) print(fmt::format("trial {} of {}\n", trial, trials));
    Drill copy = drill;
    const FinishedRun finished = co_await run_drill(std::move(copy), options);
    if (options.trial_group.empty()) options.trial_group = finished.result.run.id;
    if (!arguments.report.empty()) {
      write_file_atomically(arguments.report, report_format("html")->render(finished.result), 0644);
    }
    conclude(finished, arguments);
    const int code = finished.result.verdict.exit_code;
    if (severity(code) > severity(worst)) worst = code;
    // After anything but a pass or a fail a further trial would measure something else, or make it
    // worse.
    if (code > 1) break;
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
      arguments.number("--trials", "how often to run it; 0: as the playbook says", 0, 0, 1000),
      arguments.flag("--json", "events and the result as JSON lines"),
      arguments.flag("--plain", "plain lines even on a terminal"),
      arguments.flag("--yes", "answer every `ask` step with yes"),
      arguments.flag("--yes-production",
                     "needed for a production stack, besides `muster approve`")};
  return [a] {
    Drill drill = load_drill_as_asked(a.playbook, a.set, a.stack);
    return run_to_end(run_all(std::move(drill), a));
  };
}

}  // namespace muster
