#include "base/error.h"
#include "base/text.h"
#include "runner/commands.h"
#include "runner/exit_code.h"
#include "runner/recovery.h"

namespace muster {

namespace {

Task<int> recover_all() {
  bool all_clean = true;
  std::size_t runs = 0;
  for (const RunTrace& trace : unfinished_runs()) {
    if (!trace.needs_recovery()) {
      print(fmt::format(
          "run {} of {} is still running; end it with `muster stop`\n", trace.id, trace.drill));
      continue;
    }
    ++runs;
    std::vector<RecoveredChange> recovered;
    try {
      RunTrace copy = trace;
      recovered = co_await recover_run(std::move(copy));
    } catch (const Error& error) {  // the other runs are not to wait for this one
      print(fmt::format("run {} of {}: {}\n", trace.id, trace.drill, error.what()));
      all_clean = false;
    }
    for (const RecoveredChange& each : recovered) {
      print(fmt::format("{}: {} on {}: {}\n",
                        name_of(each.undone.state),
                        each.change.what,
                        each.change.host,
                        printable(each.undone.evidence)));
      all_clean = all_clean && each.undone.clean();
    }
    if (trace.damaged) {
      all_clean = false;
      const std::string journal = (run_directory(trace.id) / "journal").string();
      print("the journal of run " + trace.id +
            " is damaged: look at its hosts yourself, then remove " + journal + "\n");
    }
  }
  if (runs == 0) print("nothing to recover\n");
  if (!all_clean)
    print(
        "something may still be in force; mend what is said above and run `muster recover` "
        "again\n");
  co_return static_cast<int>(all_clean ? ExitCode::Pass : ExitCode::Broken);
}

}  // namespace

Action define_recover(Arguments& arguments) {
  arguments.example("muster recover");
  return [] {
    return run_to_end(recover_all());
  };
}

}  // namespace muster
