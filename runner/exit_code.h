#pragma once

namespace muster {

/// What `muster` ends with; the same numbers in --help, in DESIGN and in result.json.
enum class ExitCode : int {
  Pass = 0,   ///< gate: allow
  Fail = 1,   ///< an objective was missed; gate: deny
  Usage = 2,  ///< the playbook, the stack or the command line is wrong
  Inconclusive = 3,
  Broken = 4,   ///< something is still broken: an undo is missing or unverified; outranks all
  Aborted = 5,  ///< by a stop condition, all undone
  Refused = 6,
  Bug = 70,
  Interrupted = 130  ///< all undone
};

}  // namespace muster
