#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "drills/playbook.h"
#include "faults/guard.h"
#include "reports/result.h"
#include "runner/record/journal.h"
#include "runner/record/process_identity.h"

namespace muster {

/// $MUSTER_HOME/runs/<id>/: journal, samples, result.json, report.html.
std::filesystem::path runs_directory();
/// Throws Error unless `id` is a run id of that form and the run exists; "last" is the newest.
std::filesystem::path run_directory(const std::string& id);

/// Keeps two drills off one stack: held while the object lives. Throws Refused that names the run
/// holding it.
class StackLock {
 public:
  StackLock(const std::string& stack, const std::string& run_id);
  StackLock(const StackLock&) = delete;
  StackLock& operator=(const StackLock&) = delete;
  ~StackLock();

 private:
  int descriptor_;
};

/// Whether a process that drills as this run lives, whatever became of its journal: it holds a
/// stack.
bool holds_a_stack(const std::string& run_id);

/// A change of some run that is not known to be undone.
struct OpenChange {
  Change change;
  std::string state;  ///< "intended", "applied", "conflict: ...", "unknown: ..."
};

/// What the journal of one run says.
struct RunTrace {
  std::string id;
  std::string drill;
  std::string stack;
  UtcTime started;
  ProcessIdentity runner;
  std::vector<StackHost> hosts;  ///< those its changes touch, so that recover needs no YAML
  std::vector<OpenChange> open;
  std::vector<OpenChange> given_up;  ///< nobody has seen them undone, and a person answers for it
  bool closed = false;               ///< the run came to its end
  bool damaged = false;
  std::string unreadable;  ///< why nobody can tell any of this but the id; its runner may live

  bool running() const { return !closed && is_alive(runner); }
  /// Dead, and something may still be in force.
  bool needs_recovery() const {
    return !running() && (!open.empty() || (damaged && !closed) || !unreadable.empty());
  }
  /// "run ID of DRILL"
  std::string text() const;
};

/// Throws Error where its journal cannot be read.
RunTrace trace_run(const std::filesystem::path& directory);
/// The same, `unreadable` where that is so.
RunTrace trace_as_far_as_readable(const std::string& id);
/// The same of a journal that was read already.
RunTrace trace_journal(const JournalContent& content);
/// A name in $MUSTER_HOME/open says that a run may have something in force: made before its first
/// intent, taken away when every undo was verified. So that finding the unfinished costs nothing
/// where there are thousands of runs.
void mark_open(const std::string& id);
void mark_closed(const std::string& id);
/// Whether it is marked, or nobody can tell.
bool may_be_open(const std::string& id);
/// Every run that is marked open and whose runner came so far as to name it, oldest first. One that
/// cannot be read hides no other: it is among them as `unreadable`.
std::vector<RunTrace> open_runs();
/// Of those, each that is running or needs recovery.
std::vector<RunTrace> unfinished_runs();

/// What the journal holds; one function for each kind of record so that writer and reader stand
/// side by side.
json::object run_started_record(const std::string& id,
                                const Playbook& playbook,
                                const Stack& stack,
                                UtcTime now);
json::object change_record(const Change& change);
json::object applied_record(const Change& change, const Applied& applied);
json::object undone_record(const Change& change, const Undone& undone);

}  // namespace muster
