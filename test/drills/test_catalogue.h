#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "drills/playbook.h"

namespace muster {

/// Kinds of the test's own, named as the real ones: the language knows faults and probes only from
/// such tables.
Catalogue test_catalogue();

/// The path of a file of the source tree.
std::string source_path(std::string_view path);

/// Files for one test, in a folder that goes away with it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  /// Writes the file and returns its path.
  std::string write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path folder_;
};

/// A playbook on test/bad/stack.yaml: `muster`, `drill` and `stack` are put in front of `rest`.
Drill load_text(std::string_view rest, const LoadOptions& options = {});

/// What load_drill says of such a playbook; empty where it loads.
std::string message_of_text(std::string_view rest, const LoadOptions& options = {});

}  // namespace muster
