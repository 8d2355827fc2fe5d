#include "base/error.h"
#include "base/files.h"
#include "reports/history.h"
#include "reports/history_text.h"
#include "runner/commands.h"
#include "runner/run_store.h"

namespace muster {

namespace {

json::array runs_json(const std::vector<HistoryRun>& runs) {
  json::array out;
  for (const HistoryRun& run : runs) {
    json::object metrics;
    for (const auto& [id, value] : run.metrics) metrics[id] = value;
    json::object entry;
    entry["run"] = run.id;
    entry["number"] = run.number;
    entry["drill"] = run.drill;
    entry["environment"] = run.environment;
    entry["started_at"] = format_utc(run.started);
    entry["status"] = run.status;
    entry["exit_code"] = run.exit_code;
    entry["headline"] = run.headline;
    entry["metrics"] = std::move(metrics);
    out.push_back(std::move(entry));
  }
  return out;
}

Result result_of(const std::string& run) {
  const auto file = run_directory(run) / "result.json";
  return result_from_json(parse_json(read_file(file), file.string()).as_object());
}

}  // namespace

Action define_history(Arguments& arguments) {
  arguments.example("muster history drain-us-east --limit 20");
  auto& drill = arguments.operand("DRILL", "only runs of this drill", false);
  auto& limit = arguments.number("--limit", "how many runs, newest first", 20, 1, 100000);
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    const auto runs =
        open_history(muster_home() / "history.db")->runs(drill, static_cast<std::size_t>(limit));
    print(as_json ? pretty_json(runs_json(runs)) : render_history(runs));
    return 0;
  };
}

Action define_compare(Arguments& arguments) {
  arguments.example("muster compare 01KA3H6Q9T3V8Y2N5W7B4C6D8E last");
  auto& before = arguments.operand("BEFORE", "a run id");
  auto& after = arguments.operand("AFTER", "a run id, or `last`");
  return [&] {
    print(render_comparison(result_of(before), result_of(after)));
    return 0;
  };
}

}  // namespace muster
