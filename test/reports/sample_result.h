#pragma once

// Results that look like what a drill of the practice lab gives, made up but consistent in
// themselves: a drain of us-east seen by readers and commenters from two vantages. Shared by the
// tests of everything that shows a Result.

#include <string>
#include <vector>

#include "reports/history/history_run.h"
#include "reports/result.h"

namespace muster::sample {

/// What happened in the made-up drill.
struct Story {
  double failover_s = 8.4;  ///< the last client of the worst vantage is over
  double budget_s = 30;
  double undo_s = 28.4;
  double recovered_s = 36.2;
  double end_s = 62;
  int lost_writes = 0;
  int stale_reads = 17;
  bool ever_failed_over = true;
  bool injected = true;
  double stopped_s = 1e9;  ///< the run was stopped there
};

Result drain(const Story& story);

Result passed();
Result failed();        ///< over the budget of the failover, three writes lost, prediction missed
Result inconclusive();  ///< the fault's effect was not seen
Result aborted();
Result interrupted();
Result broken();            ///< one undo could not be verified
Result never_detected();    ///< no failover before the run ended
Result nothing_injected();  ///< the baseline was not steady
Result many_vantages();     ///< eight rows and a long run

// Each held against made-up runs before it (sample_history.cc).
Result slower_than_usual();    ///< within its budgets, after sixteen faster runs with another TTL
Result failed_with_history();  ///< and a step four runs ago
Result few_before();           ///< three runs before: too few to say
Result third_trial();          ///< of a group whose first two are in the history

/// A drill's last runs, newest first, as its history keeps them: one is inconclusive, one accepted.
std::vector<HistoryRun> sixteen_runs();

/// Every text the system under test or a person could have written is replaced by this.
Result hostile(const std::string& text);

struct Named {
  std::string name;
  Result result;
};
std::vector<Named> all();

}  // namespace muster::sample
