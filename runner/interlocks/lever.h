#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace muster {

// The safety lever: while it is engaged no drill starts, and every running one undoes everything
// and ends as aborted. It is a file, so that it outlives restarts and that a person can engage it
// with `touch` where nothing else works. Any doubt counts as engaged.

/// An engaged lever, as its file tells it.
struct Lever {
  std::filesystem::path file;
  std::string who;     ///< "alice (uid 1000)"; empty where the file does not say
  std::string reason;  ///< may be empty
  std::optional<UtcTime> since;
  std::string doubt;  ///< why the file cannot be understood, and therefore counts; or empty

  /// One line, fit for a terminal: what is engaged, by whom, when, why.
  std::string text() const;
  /// What a person does to let drills run again.
  std::string how_to_release() const;
};
json::object to_json(const Lever& lever);

/// $MUSTER_HOME/lever: the one that `muster lever` moves.
std::filesystem::path home_lever_file();
/// That one, and /etc/muster/lever for every home of this machine.
std::vector<std::filesystem::path> lever_files();

/// The first of the files that is engaged; nothing where every one is surely absent.
std::optional<Lever> engaged_lever(const std::vector<std::filesystem::path>& files = lever_files());

/// Durable when it returns. Leaves a lever that is engaged already as it is.
void engage_lever(const std::string& who, const std::string& reason, UtcTime now);
/// False where the home's lever was not engaged. Durable when it returns.
bool release_lever();

/// Returns as soon as a lever is engaged; looks four times a second.
Task<Lever> lever_engaged(Clock& clock);

}  // namespace muster
