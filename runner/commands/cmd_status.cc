#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/interlocks/lever.h"
#include "runner/record/given_up.h"
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
  if (!trace.unreadable.empty()) object["problem"] = trace.unreadable;
  return object;
}

void show(const RunTrace& trace) {
  if (!trace.unreadable.empty()) {
    print(fmt::format("{}: CANNOT BE READ, counts as not clean\n", trace.id));
    return;
  }
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

constexpr auto kShownFor = std::chrono::hours(24 * 30);

void show(const GivenUp& given_up) {
  print(given_up.text() + "\n");
  for (const std::string& change : given_up.changes) print("  " + change + "\n");
}

/// Where no drill ever ran it says where it looked: a mistyped MUSTER_HOME looks just as clean.
std::string no_drill_runs() {
  const std::filesystem::path runs = runs_directory();
  if (std::filesystem::exists(runs)) return "no drill is running; nothing is in force\n";
  return fmt::format(
      "no drill ever ran in {} (MUSTER_HOME says where): nothing of it is in force\n",
      printable(runs.parent_path().string()));
}

struct Sight {
  std::vector<RunTrace> traces;
  std::vector<GivenUp> given_up;
  std::optional<Lever> lever;

  /// An engaged lever is shown but is nothing unclean: the exit code speaks of what is in force.
  bool clean() const {
    return std::ranges::none_of(traces, [](const RunTrace& each) { return each.needs_recovery(); });
  }
};

json::object to_json(const Sight& sight) {
  json::array runs;
  for (const RunTrace& trace : sight.traces) runs.push_back(trace_json(trace));
  json::array given_up;
  for (const GivenUp& each : sight.given_up) given_up.push_back(to_json(each));
  json::object object;
  object["clean"] = sight.clean();
  object["runs"] = std::move(runs);
  object["given_up"] = std::move(given_up);
  object["lever"] = sight.lever ? json::value(to_json(*sight.lever)) : json::value();
  return object;
}

void show(const Sight& sight) {
  for (const RunTrace& trace : sight.traces) show(trace);
  if (sight.traces.empty() && sight.given_up.empty()) print(no_drill_runs());
  if (!sight.given_up.empty())
    print(fmt::format("{}given up in the last 30 days, and never seen undone:\n",
                      sight.traces.empty() ? "no drill is running; " : ""));
  for (const GivenUp& each : sight.given_up) show(each);
  if (sight.lever)
    print(fmt::format("{}\n{}\n", sight.lever->text(), sight.lever->how_to_release()));
}

void say_blindness(const std::string& why) {
  say_on_stderr(why +
                "; nobody could look, and something may still be in force: mend that, then run "
                "`muster status` again, or `muster recover` if a run has died");
}

/// What nobody could see is not clean.
int tell_blindness(const std::string& why, bool as_json) {
  say_blindness(why);
  if (as_json) {
    json::object object;
    object["clean"] = false;
    object["problem"] = why;
    print(pretty_json(object));
  }
  return static_cast<int>(ExitCode::Broken);
}

int tell_status(bool as_json) {
  Sight sight;
  try {
    const UtcTime shown_since = SystemClock().utc_now() - kShownFor;
    sight = {unfinished_runs(), given_up_since(shown_since), engaged_lever()};
  } catch (const Error& error) {
    return tell_blindness(error.what(), as_json);
  }
  for (const RunTrace& trace : sight.traces)
    if (!trace.unreadable.empty()) say_blindness(trace.text());
  try {
    if (as_json)
      print(pretty_json(to_json(sight)));
    else
      show(sight);
  } catch (const Error& error) {  // whoever reads it has gone; the exit code still says it
    if (sight.clean()) throw;
    say_on_stderr(error.what());
  }
  return static_cast<int>(sight.clean() ? ExitCode::Pass : ExitCode::Broken);
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
