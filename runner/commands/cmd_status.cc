#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/interlocks/lever.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

json::object trace_json(const RunTrace& trace) {
  json::array open;
  for (const OpenChange& each : trace.open) {
    json::object entry;
    entry["change"] = each.change.id;
    entry["what"] = each.change.what;
    entry["host"] = each.change.host;
    entry["state"] = each.state;
    open.push_back(std::move(entry));
  }
  json::object object;
  object["run"] = trace.id;
  object["drill"] = trace.drill;
  object["stack"] = trace.stack;
  object["started_at"] = format_utc(trace.started);
  object["running"] = trace.running();
  object["pid"] = trace.runner.pid;
  object["changes"] = std::move(open);
  return object;
}

void show(const RunTrace& trace) {
  print(fmt::format("{} {} on {}, since {}: {}\n",
                    trace.id,
                    trace.drill,
                    trace.stack,
                    format_utc(trace.started),
                    trace.running()
                        ? fmt::format("running, pid {}", trace.runner.pid)
                        : std::string("DEAD, NOT CLEAN: undo it with `muster recover`")));
  for (const OpenChange& each : trace.open) {
    print(fmt::format("  {:<10} {} on {}\n", each.state, each.change.what, each.change.host));
  }
  if (trace.damaged)
    print("  its journal is damaged; count everything it might have done as in force\n");
}

/// An engaged lever is shown but is nothing unclean: the exit code speaks of what is in force.
int tell_status(bool as_json) {
  const auto traces = unfinished_runs();
  const auto lever = engaged_lever();
  const bool unclean = std::any_of(
      traces.begin(), traces.end(), [](const RunTrace& each) { return each.needs_recovery(); });
  if (as_json) {
    json::array runs;
    for (const RunTrace& trace : traces) runs.push_back(trace_json(trace));
    json::object object;
    object["clean"] = !unclean;
    object["runs"] = std::move(runs);
    object["lever"] = lever ? json::value(to_json(*lever)) : json::value();
    print(pretty_json(object));
  } else {
    for (const RunTrace& trace : traces) show(trace);
    if (traces.empty()) print("no drill is running; nothing is in force\n");
    if (lever) print(fmt::format("{}\n{}\n", lever->text(), lever->how_to_release()));
  }
  return static_cast<int>(unclean ? ExitCode::Broken : ExitCode::Pass);
}

}  // namespace

Action define_status(Arguments& arguments) {
  arguments.example("muster status --json");
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    return tell_status(as_json);
  };
}

}  // namespace muster
