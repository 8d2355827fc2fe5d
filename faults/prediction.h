#pragma once

#include <vector>

#include "drills/stack.h"
#include "faults/fault.h"

namespace muster {

// How long the chain from a fault to the last user takes by the stack's own settings. Pure
// arithmetic. Each function returns nothing where the stack does not give the settings it needs.
//
// A checker that looks every `interval` and gives up after `fall` failures in a row sees the first
// one at once or an interval late, so that it decides after (fall-1)..fall intervals. A check that
// hangs fails a timeout later. A user asks again when the answer he holds has expired: 0..TTL, and
// caches count whole seconds, hence up to one more. Eight trials in the lab (interval 2 s, fall 2,
// TTL 6 s): name servers decided after 2.3..3.9 s, resolvers followed after 5.0..10.4 s,
// against 2..4 and 2..11 predicted.

/// How a check fails: answered at once (connection refused, status 503), or not at all.
enum class CheckFails { AtOnce, ByTimeout };

/// The name servers were told: nothing has to be noticed, only the old answers have to expire.
/// `until_read` is how long they may take to read what they were told.
std::vector<PredictedStage> predict_told_name_servers(const Routing& routing,
                                                      Duration until_read = {});

/// The region's front door fails its health check; the name servers have to notice.
std::vector<PredictedStage> predict_failing_region(const Routing& routing, CheckFails how);

/// Every server behind the front door is gone: the load balancer has to notice first, and answers
/// the name servers' check at once from then on.
std::vector<PredictedStage> predict_no_servers(const Routing& routing, CheckFails how);

/// One server of several is gone: over at the latest when the load balancer has dropped it; at once
/// for requests that are retried on another.
std::vector<PredictedStage> predict_lost_server(const Routing& routing, CheckFails how);

}  // namespace muster
