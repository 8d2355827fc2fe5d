#pragma once

#include <vector>

#include "reports/measure/metrics.h"
#include "reports/measure/timeline.h"
#include "reports/result.h"

// How long what was done at one place took to show at the others, and what did not stay so.
//
// The probes that do and look (probes/propagation.h) record one gauge a round and place. Counted
// are the rounds that were not over when the fault came, and all after: what was revoked a moment
// before a link was cut is caught by the cut.
//
//   lo, hi    the place first showed it after the last look that had not was sent, and by when the
//             first that did was answered; both from the acknowledgement, on one clock
//   censored  it answered and never showed it; value is for how long that is known
//   untold    the place could not be asked, or had shown it before it was done: part of no value
//
// ReadBack samples are looks that are made later, at what had been shown: `value` says at which
// round's, text where. Good: still so. WrongBody: no longer.
namespace muster {

/// Whether the gauges of a probe with a text are of places.
bool tells_places(const Timeline& timeline, const std::string& probe);

/// Rounds of one probe, seen at one place from one vantage.
std::vector<Result::PlaceDelay> place_delays(const Timeline& timeline);

/// revocation_delay and revoked_accepted of denylist probes; replicated_read_delay, corrupt_reads
/// and lost_objects of object_store probes; purge_delay of cdn probes.
std::vector<Result::Metric> propagation_metrics(const Timeline& timeline);

}  // namespace muster
