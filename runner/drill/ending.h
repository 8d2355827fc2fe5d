#pragma once

#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "base/tasks.h"
#include "reports/measure/run_record.h"
#include "reports/result.h"

/// What stands between the end of a drill and the end of its run: one failure may follow another
/// there, and none may hide that something is still in force.
namespace muster {

/// How the engine of a run ended: with its record, or by an error.
struct EngineEnd {
  std::optional<RunRecord> record;
  std::exception_ptr error;
  bool refused = false;  ///< by a target, before anything was done to any
  std::string why;       ///< what the error says
};

Task<EngineEnd> end_of(Task<RunRecord> engine);

/// True where nothing of the run is in force, false also where nobody can tell. `directory`: of the
/// run, whose journal says it where there is no record. Throws nothing.
bool is_undone(const EngineEnd& end, const std::filesystem::path& directory);

/// Waits for what is left of the run to do. Where it fails although the run is `undone`, that error
/// is thrown; else PerhapsInForce.
Task<Result> result_of_rest(Task<Result> rest, bool undone);

/// Waits for what nothing depends on any more, such as letting go. Its error in words, empty where
/// there was none: how the run ended stays what it was.
Task<std::string> problem_of(Task<> last);

}  // namespace muster
