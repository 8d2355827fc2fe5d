#pragma once

#include "reports/measure/run_record.h"
#include "runner/record/journal.h"

namespace muster {

/// Writes a run's record into its journal as it grows, so that a report can be made of a run whose
/// runner was killed (partial_record.h). What a fault does is written where it is done, by
/// FaultsInForce; samples have their own file. Each function throws Error where the journal cannot
/// be written any more.
class RecordJournal {
 public:
  explicit RecordJournal(Journal& journal) : journal_(journal) {}

  /// Which run this is and who drives it, durably; then its drill and what its faults promise.
  void open(const RunRecord& record);
  /// What the record has gained since: agents, baseline, checks, events.
  void keep_up(const RunRecord& record);
  /// The rest, and that nothing more was to come.
  void finish(const RunRecord& record);

 private:
  Journal& journal_;
  bool agents_ = false;
  bool baseline_ = false;
  std::size_t checks_ = 0;
  std::size_t events_ = 0;
};

}  // namespace muster
