#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/measure/metrics.h"
#include "reports/measure/timeline.h"
#include "reports/result.h"

// How far a replica is behind its primary.
//
// A lag probe runs on all of them and records each one's position in the log as a gauge, in bytes,
// with the text "primary" or "replica": what the server says it is at that moment, so that a
// promotion turns the roles. Seen from a replica's position r at an instant t:
//
//   bytes     what the primary had written by t, less r
//   seconds   how long ago the primary first was beyond r; 0 where it never was: how old the newest
//             thing is that the replica can show, by one clock and nobody's own claim
//
//   replication_lag_max  the greatest from the fault to the end
//   catch_up_time        from the undo until the replica is where the primary was at the undo
//
// A gauge without a role is a lag already, in seconds.
namespace muster {

struct LagPoint {
  Time at;
  double bytes = 0;
  double seconds = 0;
};

struct Replica {
  std::string probe;
  std::string vantage;
  bool by_position = false;      ///< compared with a primary, so that the bytes are known
  std::vector<LagPoint> points;  ///< in order of time
  Span catch_up;                 ///< nothing where there was no undo or no position to tell it by
};

std::vector<Replica> replicas_of(const Timeline& timeline);

/// replication_lag_max and catch_up_time of each replica, and the greatest lag in bytes.
std::vector<Result::Metric> replication_metrics(const Timeline& timeline);

struct Position {
  Time at;
  double bytes = 0;
};
/// The lag at one observation of a replica, given the primary's positions in order of time. Also
/// what the live view shows.
LagPoint lag_at(const Position& replica, const std::vector<Position>& primary);

enum class Role { None, Primary, Replica };
Role role_of(const Sample& sample, const std::vector<std::string>& texts);

}  // namespace muster
