#pragma once

#include <memory>

#include "reports/history/history.h"
#include "store/database.h"

namespace muster {

class HistoryTables final : public History {
 public:
  explicit HistoryTables(std::shared_ptr<SqlDatabase> database) : database_(std::move(database)) {}

  std::int64_t next_number(const std::string& drill) override;
  void add(const HistoryRun& run) override;
  std::vector<HistoryRun> runs(const std::string& drill, std::size_t limit) override;
  std::optional<HistoryRun> run(const std::string& id) override;
  void accept(const Acceptance& acceptance) override;

 private:
  std::shared_ptr<SqlDatabase> database_;
};

}  // namespace muster
