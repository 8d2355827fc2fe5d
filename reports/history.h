#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reports/result.h"

namespace muster {

/// One finished run as the history keeps it.
struct HistoryRun {
  std::string id;
  std::int64_t number = 0;
  std::string drill;
  std::string environment;
  std::string series_key;
  std::string environment_digest;
  UtcTime started;
  UtcTime ended;
  std::string status;  ///< pass | fail | inconclusive | aborted | interrupted | broken
  int exit_code = 0;
  std::string headline;
  std::string version;                                  ///< label "version" of the run, or ""
  std::vector<std::pair<std::string, double>> metrics;  ///< overall ones, by id
};

/// history.db: SQLite through SOCI. The only user of SQL in this room. Several processes may use it
/// at once.
class History {
 public:
  virtual ~History() = default;
  virtual std::int64_t next_number(const std::string& drill) = 0;
  virtual void add(const Result& result) = 0;
  /// Newest first; all drills where `drill` is empty.
  virtual std::vector<HistoryRun> runs(const std::string& drill, std::size_t limit) = 0;
  virtual std::optional<HistoryRun> run(const std::string& id) = 0;
};

/// Opens or makes it; throws Error where the file is not ours or its schema is newer than this
/// muster.
std::unique_ptr<History> open_history(const std::filesystem::path& file);

}  // namespace muster
