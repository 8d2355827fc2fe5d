#pragma once

#include <optional>
#include <string>

#include "faults/guard/protocol.h"
#include "faults/guard/record.h"
#include "faults/guard/system.h"

namespace muster::guard {

/// The lock of one resource of one host (an flock, so the kernel frees it with its holder) and its
/// fencing number. Whoever applies or undoes a change there holds it for its whole life.
class ResourceLock {
 public:
  /// Nothing where another holds it; `holder` then says who.
  static std::optional<ResourceLock> take(const Store& store,
                                          const Order& order,
                                          std::string& holder);

  /// Throws GuardError where a later run has been here; makes `epoch` the highest seen, durably.
  void raise_epoch(std::int64_t epoch);

 private:
  ResourceLock(Descriptor file, std::string epoch_path)
      : file_(std::move(file)), epoch_path_(std::move(epoch_path)) {}
  Descriptor file_;
  std::string epoch_path_;
};

}  // namespace muster::guard
