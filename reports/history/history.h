#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/history/history_run.h"

namespace muster {

/// The runs that are remembered; the room store keeps them. Several processes may use it at once.
class History {
 public:
  virtual ~History() = default;
  virtual std::int64_t next_number(const std::string& drill) = 0;
  virtual void add(const HistoryRun& run) = 0;
  /// Newest first; all drills where `drill` is empty.
  virtual std::vector<HistoryRun> runs(const std::string& drill, std::size_t limit) = 0;
  virtual std::optional<HistoryRun> run(const std::string& id) = 0;
  /// Throws Error where there is no such run. The last word about a run counts.
  virtual void accept(const Acceptance& acceptance) = 0;
};

}  // namespace muster
