#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "faults/guard.h"
#include "reports/measure/run_record.h"
#include "runner/plan/plan.h"
#include "runner/record/journal.h"

namespace muster {

/// The faults of one run: arms, injects and undoes them through guards, and writes each intent into
/// the journal before and each outcome after. Knows at every moment what may be in force.
class FaultsInForce {
 public:
  /// `on_lost` is told why no further fault may be injected: a guard ended one by itself or died,
  /// a step could not undo, or the journal can no longer be written; `record.actions` and `.events`
  /// are filled.
  FaultsInForce(Clock& clock,
                Guards& guards,
                Journal& journal,
                RunRecord& record,
                std::function<void(std::string)> on_lost,
                std::function<void(EventRecord)> on_event);
  FaultsInForce(const FaultsInForce&) = delete;
  FaultsInForce& operator=(const FaultsInForce&) = delete;
  ~FaultsInForce();

  /// All changes of one step. Throws Error if one could not be brought in force; the step may then
  /// be partly in force until undone.
  Task<> inject(const PlannedInject& planned);
  /// Undoes one step's changes, or all that are left: begun newest step first, and side by side.
  /// Never throws for an undo that failed: the action's state says it, and undo_all tries again.
  Task<> undo(std::string step);
  Task<> undo_all();

  std::vector<std::string> in_force() const;

 private:
  struct Entry;
  Task<> arm(Entry& entry);
  Task<> bring_in_force(Entry& entry);
  Task<> put_back(Entry& entry);
  Task<> watch(Entry& entry);
  Task<> undo_step(std::string step);
  Task<> undo_entries(std::vector<Entry*> entries);
  void journal_outcome(const Entry& entry);
  ActionRecord& action(const Entry& entry);
  void tell(std::string kind, std::string source, std::string text, const Entry& entry);

  Clock& clock_;
  Guards& guards_;
  Journal& journal_;
  RunRecord& record_;
  std::function<void(std::string)> on_lost_;
  std::function<void(EventRecord)> on_event_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::unique_ptr<TaskGroup> watchers_;
};

}  // namespace muster
