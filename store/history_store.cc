#include "store/history_store.h"

#include "store/history_tables.h"

namespace muster {

std::unique_ptr<History> open_history(const std::filesystem::path& file) {
  return std::make_unique<HistoryTables>(open_sqlite(file.string()));
}

}  // namespace muster
