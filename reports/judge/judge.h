#pragma once

#include "reports/measure/run_record.h"
#include "reports/result.h"

namespace muster {

/// timeline -> metrics -> verdict, a pure function: the same record gives the same bytes.
/// Precedence of the verdict: broken (an undo is missing or unverified) over interrupted and
/// aborted, over inconclusive (a fault whose effect was not seen, unsteady baseline, dead or
/// saturated probe), over fail, over pass.
Result judge(const RunRecord& record);

}  // namespace muster
