#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// The whole file; throws Error if it cannot be read or is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit = 64U << 20U);
/// The whole file, or nothing if it does not exist; throws on any other failure: an error is not an
/// absence.
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path,
                                               std::size_t limit = 64U << 20U);

/// Writes beside, fsyncs, renames over, fsyncs the directory: readers see the old content or the
/// new, never a part.
void write_file_atomically(const std::filesystem::path& path,
                           std::string_view content,
                           int mode = 0600);

/// Makes the directory and its parents, each with mode 0700.
void make_private_directories(const std::filesystem::path& path);

/// fsync of a directory, so that names made or renamed in it survive a power loss.
void sync_directory(const std::filesystem::path& path);

/// $MUSTER_HOME, or /var/lib/muster for root, or ~/.local/state/muster.
std::filesystem::path muster_home();

/// The folder of the running executable: muster-guard and the lab's programs lie beside muster.
std::filesystem::path program_directory();

}  // namespace muster
