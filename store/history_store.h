#pragma once

#include <filesystem>
#include <memory>

#include "reports/history/history.h"

namespace muster {

/// The history of the SQLite store in `file` alone; opens or makes it. Throws Error where the file
/// is not ours or its schema is newer than this muster.
std::unique_ptr<History> open_history(const std::filesystem::path& file);

}  // namespace muster
