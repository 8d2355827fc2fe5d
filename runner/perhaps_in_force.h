#pragma once

#include "base/error.h"

namespace muster {

/// An error ended a run, and it is not known that everything the run did is undone. Exit code 4,
/// whatever the error was.
class PerhapsInForce : public Error {
 public:
  using Error::Error;
};

}  // namespace muster
