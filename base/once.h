#pragma once

#include <memory>

#include "base/tasks.h"

namespace muster {

/// Work that many tasks need to be done and that one of them does: those who ask meanwhile wait for
/// it and share its outcome. After a failure the next one who asks tries again. One event loop.
class Once {
 public:
  /// `work` is begun only if nobody has done it or is at it. Throws the Error it ended with.
  Task<> ensure(Task<> work);
  /// It has to be done again; work that is being done just now counts as done anew.
  void forget();

 private:
  struct Attempt;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace muster
