#pragma once

#include <string>
#include <vector>

#include "drills/playbook.h"
#include "reports/result.h"

namespace muster {

/// Judges every objective against the interval of its metric, not only the value:
///   at most max    pass where hi <= max; fail where lo > max; between them "at the limit": fail
///   at least min   pass where lo >= min; fail where hi < min; between them "at the limit": fail
/// Not reached before the end (censored) fails a max. Nothing to judge by is inconclusive.
/// The metric gets the budget, the verdict and a reason; a metric nobody measured is added without
/// a value. Judged ones come first, the missed ones before all.
void judge_objectives(const std::vector<Condition>& objectives,
                      std::vector<Result::Metric>& metrics);

/// "8.4 s", "3.2 %", "12": a value with its unit, for people.
std::string value_text(double value, std::string_view unit);

}  // namespace muster
