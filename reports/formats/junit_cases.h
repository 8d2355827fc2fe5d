#pragma once

#include <string>
#include <vector>

#include "reports/result.h"

namespace muster {

/// One test case of the JUnit report: something that the run could have shown to be wrong.
struct JunitCase {
  enum class Outcome {
    Passed,
    Failed,  ///< the system under test missed it
    Error,   ///< it was not found out, or the drill itself went wrong
    Skipped  ///< nothing was promised
  };
  std::string group;  ///< objectives | conditions | measurement | undo, or "" for the drill itself
  std::string name;   ///< unique within its group
  Outcome outcome = Outcome::Passed;
  std::string type;     ///< objective, condition, inconclusive, aborted ...
  std::string message;  ///< one line; why it did not pass
  std::vector<std::string> output;
  double seconds = 0;  ///< what the case measured, where that is a time
};

/// The drill itself first, then a case for each metric over the whole run, each condition of a
/// step, each clause of the measurement's fairness and each change's undo. A result that is no pass
/// has at least one case that failed or is an error; a pass has none.
std::vector<JunitCase> junit_cases(const Result& result);

}  // namespace muster
