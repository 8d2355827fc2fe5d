#pragma once

#include <vector>

#include "reports/measure/metrics.h"
#include "reports/measure/timeline.h"

// How long two servers both took themselves for the primary.
//
// Each answer of a lag probe says what its server took itself for at an instant in [sent, done].
// Between two answers in a row that say "primary" it was primary: one that turned and turned back
// in between is not seen.
//
//   lo     primary from the answer to the first of such a row until the last of them was sent
//   value  from the answer to the first until the answer to the last
//   hi     from when the look before was sent until the look after was answered, whatever they told
//
// each the time in which that holds of at least two servers at once, from the fault on; lo and hi
// allow for the bounds of the clocks.
namespace muster {

/// split_brain_seconds of each lag probe that heard from two servers.
std::vector<Result::Metric> split_brain_metrics(const Timeline& timeline);

}  // namespace muster
