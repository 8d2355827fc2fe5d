#pragma once

#include <array>

#include "faults/guard/operations.h"
#include "faults/guard/record.h"

namespace muster::guard {

/// How an undo ended. No part of it needs memory.
struct Outcome {
  Stage stage = Stage::Unknown;
  Line cause;              ///< "asked to", "end of input", "lease over" ...
  std::int64_t began = 0;  ///< CLOCK_MONOTONIC, as the two below
  std::int64_t ended = 0;
  std::int64_t observed = 0;  ///< first seen gone; 0 if never
  Line evidence;
  std::array<Line, 2> residue;
};

/// Without that anything was undone: what was found.
Outcome nothing_undone(Stage stage, const char* cause, const std::string& evidence);

/// Undoes at once, tells the record only then, and watches until the effect is seen gone twice or
/// `within` is over; how it ended is the last that the record is told. `clean` is the stage of
/// success: Clean if it was asked for, CleanByGuard if not. Nothing in here needs memory.
Outcome undo_and_observe(
    Operations& operations, Record& record, std::int64_t within, Stage clean, const char* cause);

/// An UndoneReport.
FrameInPlace undone_frame(const Outcome& outcome);

}  // namespace muster::guard
