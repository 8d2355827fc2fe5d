#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace muster {

/// A guard's last word, as the runner reads it. The guard itself lays it out in place
/// (faults/guard/undoing.cc): at that moment it must need no memory. Instants are on
/// CLOCK_MONOTONIC of the target.
struct UndoneReport {
  std::string state;  ///< "clean" | "clean-by-guard" | "target-gone" | "conflict" | "unknown"
  std::string cause;  ///< "asked to", "end of input", "lease over" ...
  std::int64_t began = 0;
  std::int64_t ended = 0;
  std::int64_t observed = 0;
  std::string evidence;
  std::vector<std::string> residue;

  static auto fields(auto& self) {
    return std::tie(
        self.state, self.cause, self.began, self.ended, self.observed, self.evidence, self.residue);
  }
};

}  // namespace muster
