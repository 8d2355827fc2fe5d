#pragma once

#include <string>

#include "faults/guard/record.h"

namespace muster::guard {

/// Undoes the change that comes as a frame on stdin (`first`, if it was read already), under its
/// lock: from its own record, or, where there is none, from the change as given. Answers with one
/// frame. Idempotent; may be killed at any instant and run again.
int recover(const std::string& directory, std::optional<Frame> first);

/// Undoes the change of a guard that has ended, from its record and under its lock. The outcome
/// goes into the record, with `cause`; throws GuardError where it cannot be undone at all.
void undo_after_guard(const Store& store, const Order& order, const char* cause);

/// Undoes every recorded change that is not clean and whose guard is dead; for a unit that runs at
/// boot.
int sweep(const std::string& directory);

/// One line a record: stage, guard, run, change, place, resource, what; tabs between.
int list(const std::string& directory);

}  // namespace muster::guard
