#pragma once

#include <array>
#include <cstdint>

#include "faults/guard/operations.h"
#include "faults/guard/record.h"

namespace muster {

/// How an undo ended. No part of it needs memory.
struct Outcome {
  Stage stage = Stage::Unknown;
  std::int64_t began = 0;  ///< CLOCK_MONOTONIC, as the two below
  std::int64_t ended = 0;
  std::int64_t observed = 0;  ///< first seen gone; 0 if never
  Line evidence;
  std::array<Line, 2> residue;
};

/// Undoes at once, tells the record only then, and watches until the effect is seen gone twice or
/// `within` is over. `clean` is the stage of success: Clean if it was asked for, CleanByGuard if
/// not.
Outcome undo_and_observe(Operations& operations, Record& record, std::int64_t within, Stage clean);

UndoneReport report_of(const Outcome& outcome, const char* cause);

}  // namespace muster
