#pragma once

#include "reports/measure/timeline.h"
#include "reports/result.h"

namespace muster {

/// The drill second by second, for pictures: per probe and vantage what was due in each bin and
/// what became of it. Bins of 1 s with an edge at t0, of more for runs beyond an hour, so that
/// there are at most 3600. Latencies count from due, in bins of a quarter octave from 1 ms.
Result::Series series_of(const Timeline& timeline);

/// The bin of a latency: 0 up to 1 ms, then four a doubling, the last one open.
int latency_bin(Duration latency);

}  // namespace muster
