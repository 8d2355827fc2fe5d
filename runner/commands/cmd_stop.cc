#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/clock.h"
#include "base/error.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

constexpr Duration kPatience = std::chrono::minutes(5);

/// All of them before any is waited for: how long one takes to undo is nothing to the others.
void tell_to_stop(const std::vector<RunTrace>& running) {
  for (const RunTrace& trace : running)
    if (::kill(trace.runner.pid, SIGTERM) != 0 && errno != ESRCH)
      say(fmt::format("run {} cannot be told: {}\n", trace.id, std::strerror(errno)));
}

/// True where everything of it is undone.
Task<bool> has_stopped(const RunTrace& trace, Clock& clock, Time last) {
  while (is_alive(trace.runner) && clock.now() < last)
    co_await clock.sleep_for(std::chrono::milliseconds(20));
  if (is_alive(trace.runner)) {
    say(fmt::format(
        "run {} (pid {}) is still undoing; see `muster status`\n", trace.id, trace.runner.pid));
    co_return false;
  }
  const bool undone = !trace_as_far_as_readable(trace.id).needs_recovery();
  say(fmt::format("run {} of {}: {}\n",
                  trace.id,
                  trace.drill,
                  undone ? "stopped, everything undone"
                         : "stopped, NOT everything undone; run `muster recover`"));
  co_return undone;
}

Task<int> stop_runs(std::string id) {
  if (!id.empty()) run_directory(id);  // a mistyped run must not look like one that has ended
  SystemClock clock;
  std::vector<RunTrace> running, unreadable;
  for (RunTrace& trace : unfinished_runs()) {
    if (!id.empty() && trace.id != id) continue;
    if (!trace.unreadable.empty())
      unreadable.push_back(std::move(trace));
    else if (trace.running())
      running.push_back(std::move(trace));
  }
  tell_to_stop(running);
  for (const RunTrace& trace : unreadable)
    say(trace.text() + " may go on, and nobody can tell whose process it is\n");
  if (running.empty() && unreadable.empty())
    say(id.empty() ? "no drill is running\n" : "run " + id + " is not running\n");
  const Time last = clock.now() + kPatience;
  bool all_undone = unreadable.empty();
  for (const RunTrace& trace : running) {
    const bool undone = co_await has_stopped(trace, clock, last);
    all_undone = all_undone && undone;
  }
  co_return static_cast<int>(all_undone ? ExitCode::Pass : ExitCode::Broken);
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
