#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/result.h"
#include "reports/timeline.h"

// How far a replica is behind its primary.
//
// A lag probe runs on both and records each one's position in the log as a gauge, in bytes; the
// probe's params `primary` and `replica` say which is which (vantage = host name). Seen from the
// replica's position r at an instant t:
//
//   bytes     what the primary had written by t, less r
//   seconds   how long ago the primary first was beyond r; 0 where it never was: how old the newest
//             thing is that the replica can show, judged by one clock and nobody's own claim
//
//   replication_lag_max  the greatest from the fault to the end
//   catch_up_time        from the undo until the replica is where the primary was at the undo
//
// A gauge that comes from one place alone is already a lag, in seconds.
namespace muster {

struct LagPoint {
  Time at;
  double bytes = 0;
  double seconds = 0;
};

struct Replica {
  std::string probe;
  std::string vantage;           ///< of the replica
  std::string primary;           ///< vantage of the primary; "" for a gauge that is a lag already
  std::vector<LagPoint> points;  ///< in order of time
  Span catch_up;                 ///< nothing where there was no undo or no position to tell it by
};

std::vector<Replica> replicas_of(const Timeline& timeline);

/// replication_lag_max and catch_up_time of each lag probe, and the greatest lag in bytes.
std::vector<Result::Metric> replication_metrics(const Timeline& timeline);

/// The lag at the replica's observation `position` of instant `at`, given the primary's positions
/// in order of time. Also what the live view shows.
struct Position {
  Time at;
  double bytes = 0;
};
LagPoint lag_at(const Position& replica, const std::vector<Position>& primary);

/// Names of the primary's and the replica's vantages as the probe's params give them.
std::string primary_of(const ProbeSpec& probe);

}  // namespace muster
