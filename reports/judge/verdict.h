#pragma once

#include "reports/measure/timeline.h"
#include "reports/result.h"

namespace muster {

/// The verdict on a result whose every other part is filled in. Precedence, and exit codes:
///   broken 4        a change is not undone, or nobody saw that it is
///   interrupted 130 | aborted 5   ended early, all undone
///   inconclusive 3  one validity is false, or an objective could not be judged
///   fail 1          an objective, an await or an expect was missed
///   pass 0
Result::Verdict verdict_of(const Timeline& timeline, const Result& result);

/// One sentence with the numbers in it: "Failover took 8.4 s against a budget of 30 s; no
/// acknowledged write was lost."
std::string headline_of(const Timeline& timeline,
                        const Result& result,
                        const Result::Verdict& verdict);

}  // namespace muster
