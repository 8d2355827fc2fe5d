#pragma once

#include <filesystem>
#include <string>

namespace muster {

/// What a link to `file` says in a page that is written to `page`: relative to the page's folder,
/// links and ".." resolved, percent-encoded. Neither has to exist; relative paths count from the
/// working directory. Throws std::filesystem::filesystem_error where a folder cannot be read.
std::string relative_address(const std::filesystem::path& file, const std::filesystem::path& page);

}  // namespace muster
