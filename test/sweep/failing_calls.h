#pragma once

#include <string>
#include <vector>

namespace muster {

struct CallError {
  int error = 0;     ///< errno
  const char* name;  ///< "EIO" ...
};

/// The ways in which this system call may fail on a machine in trouble; none where a failure is of
/// no interest.
std::vector<CallError> errors_of_call(int number);

}  // namespace muster
