#pragma once

#include <vector>

#include "reports/metrics.h"
#include "reports/result.h"
#include "reports/timeline.h"

// What became of numbered writes.
//
// A ledger probe writes numbers through the front door and reads them back in every region:
//
//   Write      value: the number; Good: acknowledged. Unknown: nobody knows (time-out, connection
//              lost after sending). Anything else: refused, and promised to nobody.
//   ReadBack   value: the number; text: the vantage that wrote it, "" where this one did. Good: it
//   is
//              there, `status` times (0 and 1 both mean once). WrongBody, or status 404: it is not
//              there. Anything else: it could not be asked.
//
//   checked    acknowledged, and answered for in the last read-back of some vantage
//   lost       checked, and there in the last read-back of none: acknowledged and gone from every
//   region duplicate  there more than once in some read-back stale      a read-back begun after the
//   write was acknowledged did not have it, and a later one of
//              the same vantage had it. Its staleness: from the acknowledgement to the last
//              read-back, as sent, that did not have it: at least so old was the answer
namespace muster {

Result::Integrity ledger_of(const Timeline& timeline);

/// lost_writes, duplicate_writes, unknown_writes, stale_reads, staleness_max, per ledger probe;
/// nothing where none is.
std::vector<Result::Metric> ledger_metrics(const Timeline& timeline);

}  // namespace muster
