#pragma once

#include <vector>

#include "reports/measure/metrics.h"
#include "reports/measure/timeline.h"
#include "reports/result.h"

// What became of numbered writes.
//
// A ledger probe writes numbers through the front door and reads them back in every region:
//
//   Write      value: the number. Good: acknowledged. Unknown: nobody knows (time-out, connection
//              lost after sending). Anything else: refused, and promised to nobody.
//   ReadBack   value: the number; text: the vantage that wrote it.
//              Good: it is there, `status` times. WrongBody: it is not there.
//              Anything else: it could not be asked; NotSent: not even in the last look at the
//              end, so that nobody knows what this vantage has.
//
//   checked    acknowledged, and its fate is known: some vantage has it in its last read-back, or
//              all have answered
//   lost       checked, and none has it: acknowledged, and gone from every region
//   unknown    nobody was told; found where some last read-back has it: it happened. Missing where
//   all
//              have answered and none has it: it did not
//   duplicate  more than one in some read-back
//   stale      a read-back sent after the acknowledgement did not have it, and the last one of the
//              same vantage has it. Staleness: from the acknowledgement to the last read-back, as
//              sent, that did not have it: at least so old was what was served as current.
namespace muster {

Result::Integrity ledger_of(const Timeline& timeline);

/// lost_writes, duplicate_writes, unknown_writes, stale_reads and staleness_max of each ledger
/// probe; nothing where none is.
std::vector<Result::Metric> ledger_metrics(const Timeline& timeline);

}  // namespace muster
