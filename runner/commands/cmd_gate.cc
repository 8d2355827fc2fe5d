#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "reports/history/gate.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/interlocks/lever.h"
#include "runner/record/run_store.h"

#include "store/history_store.h"

namespace muster {

namespace {

/// As many as trials may be asked for, and some.
constexpr std::size_t kRunsLookedAt = 1100;

bool is_known(const GateEvidence& evidence, const std::string& id) {
  return std::ranges::any_of(evidence.runs, [&](const HistoryRun& run) { return run.id == id; });
}

/// Reads all that the gate rests on. What cannot be read becomes an error text, which denies: this
/// function is one of the few that catches, because at a gate every failure has a meaning.
GateEvidence collect_evidence(const GateQuestion& question, UtcTime now) {
  GateEvidence evidence;
  evidence.now = now;
  try {
    evidence.runs = open_history(muster_home() / "history.db")->runs(question.drill, kRunsLookedAt);
  } catch (const Error& error) {
    evidence.history_error = error.what();
  }
  if (!evidence.runs.empty()) {
    try {
      const auto file = run_directory(evidence.runs.front().id) / "result.json";
      evidence.result = result_from_json(parse_json(read_file(file), "result.json").as_object());
    } catch (const Error& error) {
      evidence.result_error = error.what();
    }
  }
  try {
    for (const RunTrace& trace : open_runs()) {
      if (trace.running()) continue;
      if (trace.needs_recovery()) {
        evidence.unclean.push_back("run " + trace.id + " of " + trace.drill +
                                   " left something in force");
      } else if (trace.drill == question.drill && !is_known(evidence, trace.id)) {
        evidence.unremembered.push_back(trace.id);
      }
    }
  } catch (const Error& error) {
    evidence.unclean.push_back(std::string("the runs could not be read: ") + error.what());
  }
  if (const auto lever = engaged_lever()) evidence.lever = lever->text();
  return evidence;
}

void show(const GateAnswer& answer, bool as_json) {
  if (!as_json) {
    print(answer.allow ? "allow\n" : "deny\n");
    for (const std::string& reason : answer.reasons) print("  " + reason + "\n");
    return;
  }
  json::array reasons;
  for (const std::string& reason : answer.reasons) reasons.push_back(json::string(reason));
  json::object object;
  object["verdict"] = answer.allow ? "pass" : "fail";
  object["run"] = answer.run;
  object["reasons"] = std::move(reasons);
  print(pretty_json(object));
}

}  // namespace

Action define_gate(Arguments& arguments) {
  arguments.example("muster gate --drill drain-us-east --max-age 7d");
  auto& drill = arguments.option("--drill", "NAME", "the drill that must have passed");
  auto& max_age = arguments.option("--max-age", "DURATION", "how old its last run may be", "7d");
  auto& version =
      arguments.option("--for-version", "VERSION", "the run must have been of this version");
  auto& environment =
      arguments.option("--environment", "NAME", "the run must have been in this environment");
  auto& no_regression = arguments.flag(
      "--no-regression",
      "also deny what is within its budgets but worse than usual, as trials confirm");
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    if (drill.empty())
      throw UsageError("muster gate needs --drill NAME, e.g. --drill drain-us-east");
    const auto age = parse_duration(max_age);
    if (!age)
      throw UsageError("--max-age wants a duration such as 7d or 12h, not '" + max_age + "'");
    const GateQuestion question{drill, *age, version, environment, no_regression};
    const SystemClock clock;
    const GateAnswer answer = decide(question, collect_evidence(question, clock.utc_now()));
    show(answer, as_json);
    return static_cast<int>(answer.allow ? ExitCode::Pass : ExitCode::Fail);
  };
}

}  // namespace muster
