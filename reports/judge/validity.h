#pragma once

#include <string_view>
#include <vector>

#include "reports/measure/timeline.h"
#include "reports/result.h"

namespace muster {

inline constexpr std::string_view kRecordWhole = "record-whole";

/// The clause that says why the result is of a part of the run only; nullptr where it is of all.
const Result::Validity* partial_clause(const Result& result);

/// Was this a fair measurement? Every question is answered, in words, true or false; one false
/// makes the run inconclusive: neither a pass nor a fail may be built on it.
///
///   record-whole      the run's record reaches to its end; only where it does not
///   samples           every probe of the playbook was heard from at every vantage it runs at
///   agents-alive      no agent died
///   probe-rate        at least 99 % of the requests called for were sent
///   probe-lag         99 % of the requests left less than half a period after they were due
///   clock-bound       the vantages' clocks are within half a period of the run's
///   baseline-present  what the playbook asked for as a baseline was measured
///   baseline-steady   the `steady` limits held; without any, at most 5 % failed before the fault
///   peers-healthy     the services of the other regions were healthy before a fault took one out;
///                     only where that was asked
///   fault-in-force    every change was applied and its effect observed
///   undo              every applied change was undone and seen to be
///   completed         no step of the drill failed
std::vector<Result::Validity> validity_of(const Timeline& timeline);

}  // namespace muster
