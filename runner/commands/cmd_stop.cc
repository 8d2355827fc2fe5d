#include <csignal>

#include "base/clock.h"
#include "base/error.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

constexpr Duration kPatience = std::chrono::minutes(5);

Task<int> stop_runs(std::string id) {
  if (!id.empty()) run_directory(id);  // a mistyped run must not look like one that has ended
  SystemClock clock;
  std::vector<RunTrace> running;
  for (RunTrace& trace : unfinished_runs()) {
    if (trace.running() && (id.empty() || trace.id == id)) running.push_back(std::move(trace));
  }
  if (running.empty()) {
    print(id.empty() ? "no drill is running\n" : "run " + id + " is not running\n");
    co_return static_cast<int>(ExitCode::Pass);
  }
  for (const RunTrace& trace : running) {
    if (::kill(trace.runner.pid, SIGTERM) != 0) fail_errno("cannot signal run " + trace.id);
    const Time last = clock.now() + kPatience;
    while (is_alive(trace.runner) && clock.now() < last)
      co_await clock.sleep_for(std::chrono::milliseconds(20));
    const RunTrace after = trace_run(run_directory(trace.id));
    if (is_alive(trace.runner)) {
      print(fmt::format(
          "run {} (pid {}) is still undoing; see `muster status`\n", trace.id, trace.runner.pid));
      co_return static_cast<int>(ExitCode::Broken);
    }
    print(fmt::format("run {} of {}: {}\n",
                      trace.id,
                      trace.drill,
                      after.open.empty() ? "stopped, everything undone"
                                         : "stopped, NOT everything undone; run `muster recover`"));
    if (!after.open.empty()) co_return static_cast<int>(ExitCode::Broken);
  }
  co_return static_cast<int>(ExitCode::Pass);
}

}  // namespace

Action define_stop(Arguments& arguments) {
  arguments.example("muster stop");
  auto& id = arguments.operand("RUN", "the run to stop; without it, all", false);
  return [&] {
    return run_to_end(stop_runs(id));
  };
}

}  // namespace muster
