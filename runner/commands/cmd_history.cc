#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/history/comparison.h"
#include "reports/history/history_page.h"
#include "reports/history/history_text.h"
#include "reports/history/usual.h"
#include "runner/commands/commands.h"
#include "runner/commands/relative_address.h"
#include "runner/commands/run_outputs.h"
#include "runner/interlocks/person.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "store/store.h"

namespace muster {

namespace {

json::object metric_json(const HistoryMetric& metric) {
  return {{"id", metric.id},
          {"probe", metric.probe},
          {"value", metric.value ? json::value(*metric.value) : json::value()},
          {"objective", metric.judged}};
}

json::value acceptance_json(const std::optional<Acceptance>& accepted) {
  if (!accepted) return nullptr;
  return {{"at", format_utc(accepted->at)}, {"who", accepted->who}, {"why", accepted->why}};
}

json::array runs_json(const std::vector<HistoryRun>& runs) {
  json::array out;
  for (const HistoryRun& run : runs) {
    json::array metrics;
    for (const HistoryMetric& metric : run.metrics) metrics.push_back(metric_json(metric));
    json::object entry;
    entry["run"] = run.id;
    entry["number"] = run.number;
    entry["drill"] = run.drill;
    entry["environment"] = run.environment;
    entry["started_at"] = format_utc(run.started);
    entry["status"] = run.status;
    entry["exit_code"] = run.exit_code;
    entry["headline"] = run.headline;
    entry["accepted"] = acceptance_json(run.accepted);
    entry["metrics"] = std::move(metrics);
    out.push_back(std::move(entry));
  }
  return out;
}

/// From the folder of `page`, so that both can be moved together; "" where the run has no report
/// any more.
std::function<std::string(const HistoryRun&)> report_link(const std::filesystem::path& page) {
  return [page](const HistoryRun& run) -> std::string {
    const auto report = runs_directory() / run.id / "report.html";
    return std::filesystem::exists(report) ? relative_address(report, page) : "";
  };
}

}  // namespace

Action define_history(Arguments& arguments) {
  arguments.example("muster history drain-us-east --limit 20");
  auto& drill =
      arguments.operand("DRILL", "only runs of this drill, and how the newest stands", false);
  auto& limit = arguments.number("--limit", "how many runs, newest first", 20, 1, 100000);
  auto& html =
      arguments.option("--html", "FILE", "write them as a page, with what changed between");
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    check_output("--html", html);
    const auto most = static_cast<std::size_t>(limit);
    const std::vector<HistoryRun> known =
        open_store(default_store())->history().runs(drill, std::max(most, kLookedBack));
    const auto end = known.begin() + static_cast<std::ptrdiff_t>(std::min(most, known.size()));
    const std::vector<HistoryRun> shown(known.begin(), end);
    if (!html.empty()) {
      write_file_atomically(html, render_history_page(shown, report_link(html)), 0644);
      print("history: " + html + "\n");
      return 0;
    }
    if (as_json) {
      print(pretty_json(runs_json(shown)));
      return 0;
    }
    print(render_history(shown));
    if (!drill.empty()) print(render_standing(known));
    return 0;
  };
}

Action define_accept(Arguments& arguments) {
  arguments.example(
      "muster accept last --why \"the check interval is 5 s since we moved to the new balancer\"");
  auto& run = arguments.operand("RUN", "a run id, or `last`");
  auto& why =
      arguments.option("--why", "REASON", "why this is the new normal; it is kept with the run");
  return [&] {
    if (trim(why).empty())
      throw UsageError("--why is missing: whoever reads this later has to know");
    const SystemClock clock;
    const Acceptance acceptance{
        run_directory(run).filename().string(), clock.utc_now(), this_person(), why};
    const auto store = open_store(default_store());
    History& history = store->history();
    const std::optional<HistoryRun> known = history.run(acceptance.run);
    if (known && !was_fair(*known))
      fail("run {} ended as {}: it shows nothing that could be normal",
           acceptance.run,
           known->status);
    history.accept(acceptance);
    print(
        fmt::format("accepted by {}: what run {} shows is the new normal, and runs before it no "
                    "longer count as usual\n",
                    acceptance.who,
                    acceptance.run));
    return 0;
  };
}

Action define_compare(Arguments& arguments) {
  arguments.example("muster compare 01KA3H6Q9T3V8Y2N5W7B4C6D8E last");
  auto& before = arguments.operand("BEFORE", "a run id");
  auto& after = arguments.operand("AFTER", "a run id, or `last`");
  auto& html = arguments.option("--html", "FILE", "write it as a page");
  return [&] {
    check_output("--html", html);
    const Result old_one = result_of_run(run_directory(before));
    const Result new_one = result_of_run(run_directory(after));
    const Comparison comparison = compare(old_one, new_one);
    if (html.empty()) {
      print(render_comparison(comparison));
      return 0;
    }
    write_file_atomically(html, render_comparison_page(comparison), 0644);
    print("comparison: " + html + "\n");
    return 0;
  };
}

}  // namespace muster
