#pragma once

#include <cstdlib>
#include <filesystem>

namespace muster {

/// An empty $MUSTER_HOME for as long as it lives.
struct ScratchHome {
  std::filesystem::path path;

  ScratchHome() {
    std::string name = (std::filesystem::temp_directory_path() / "muster-home-XXXXXX").string();
    path = ::mkdtemp(name.data());
    ::setenv("MUSTER_HOME", path.c_str(), 1);
  }
  ~ScratchHome() {
    ::unsetenv("MUSTER_HOME");
    std::filesystem::remove_all(path);
  }
  ScratchHome(const ScratchHome&) = delete;
  ScratchHome& operator=(const ScratchHome&) = delete;
};

}  // namespace muster
