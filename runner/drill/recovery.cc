#include "runner/drill/recovery.h"

#include <optional>

#include "base/error.h"

namespace muster {

Task<std::vector<RecoveredChange>> recover_run(RunTrace trace, Hosts& hosts, Clock& clock) {
  const StackLock lock(trace.stack, trace.id);
  const auto guards = make_guards(hosts, clock, trace.id);
  Journal journal = Journal::reopen(run_directory(trace.id) / "journal");
  std::vector<RecoveredChange> recovered;
  bool all_clean = true;
  // What cannot be written down, on a full disk, keeps nothing in force.
  std::optional<Error> unwritten;
  const auto note = [&](std::string_view kind, json::object detail) {
    try {
      journal.append(kind, std::move(detail), true);
    } catch (const Error& error) {
      unwritten = error;
    }
  };
  note("recovering", {{"at", format_utc(clock.utc_now())}});
  for (auto open = trace.open.rbegin(); open != trace.open.rend(); ++open) {
    RecoveredChange entry{trace.id, open->change, {}};
    try {
      Change change = open->change;
      entry.undone = co_await guards->recover(std::move(change));
    } catch (const Error& error) {
      entry.undone.state = Undone::State::Unknown;
      entry.undone.evidence = error.what();
    }
    note("undone", undone_record(open->change, entry.undone));
    all_clean = all_clean && entry.undone.clean();
    recovered.push_back(std::move(entry));
  }
  if (unwritten) throw *unwritten;
  // A damaged journal may have held an intent that nobody can read: only a person can close it.
  if (all_clean && !trace.damaged) {
    journal.append("closed", {}, true);
    mark_closed(trace.id);
  }
  co_return recovered;
}

}  // namespace muster
