#pragma once

#include <vector>

#include "reports/measure/milestones.h"
#include "reports/measure/timeline.h"
#include "reports/result.h"

namespace muster {

/// Where the failover of the leading probe's worst vantage went. Each stage ends where its evidence
/// is, and begins where the one before ended, the first at t0; one without evidence is part of the
/// next.
///
///   impact            the first request failed
///   detect, decide    a signal probe saw an answer that it never gave before the fault: of several
///                     the first
///   propagate to      the resolver of the vantage gave such an answer (a dns probe there without
///   the resolver      `server`)
///   propagate to      every user is served well again: the failover. What is left of their own DNS
///   the users         caches, and of connections that were kept
///   reconnect         the user who failed last had name, connection and TLS for his next request
///   warm up           half of the answers of a second (and of 20 requests) took no longer than 90
///   %
///                     of those before the fault
///
/// Empty where nobody was hit or the failover was never seen. Pure.
std::vector<Result::BreakdownStage> breakdown_of(const Timeline& timeline,
                                                 const Milestones& milestones);

}  // namespace muster
