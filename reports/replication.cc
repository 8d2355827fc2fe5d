#include "reports/replication.h"

#include <algorithm>

#include "reports/metrics.h"

namespace muster {

namespace {

std::vector<Position> positions_of(const SampleSeries& series) {
  std::vector<Position> positions;
  for (const Sample& sample : series.samples) {
    if (sample.kind == SampleKind::Gauge && !failed(sample))
      positions.push_back({sample.done, sample.value});
  }
  std::stable_sort(positions.begin(), positions.end(), [](const Position& a, const Position& b) {
    return a.at < b.at;
  });
  return positions;
}

/// From the undo to the first position that is not behind the primary's at the undo.
Span catch_up_of(const Timeline& timeline,
                 const std::vector<Position>& replica,
                 const std::vector<Position>& primary) {
  if (!timeline.undo || primary.empty() || replica.empty()) return {};
  const auto at_undo = std::find_if(primary.begin(), primary.end(), [&](const Position& position) {
    return position.at >= timeline.undo->hi;
  });
  const double goal = at_undo == primary.end() ? primary.back().bytes : at_undo->bytes;
  Instant edge{timeline.undo->lo, timeline.undo->at, timeline.undo->hi};
  for (const Position& position : replica) {
    if (position.at < timeline.undo->lo) continue;
    edge.at = edge.hi = std::max(position.at, edge.lo);
    if (position.bytes >= goal) {
      return span_between(
          *timeline.undo, {Edge::State::Seen, edge}, Duration::zero(), Duration::zero());
    }
    edge.lo = edge.at;
  }
  return span_between(
      *timeline.undo, {Edge::State::NotSeen, edge}, Duration::zero(), Duration::zero());
}

void add_replica(const Timeline& timeline,
                 const SampleSeries& series,
                 const SampleSeries* primary,
                 std::vector<Replica>& replicas) {
  const std::vector<Position> own = positions_of(series);
  if (own.empty()) return;
  Replica replica{series.probe, series.vantage, primary == nullptr ? "" : primary->vantage, {}, {}};
  if (primary == nullptr) {
    for (const Position& lag : own) replica.points.push_back({lag.at, 0, lag.bytes});
  } else {
    const std::vector<Position> ahead = positions_of(*primary);
    for (const Position& position : own) replica.points.push_back(lag_at(position, ahead));
    replica.catch_up = catch_up_of(timeline, own, ahead);
  }
  replicas.push_back(std::move(replica));
}

}  // namespace

std::string primary_of(const ProbeSpec& probe) {
  return probe.params.has("primary") ? probe.params.text("primary") : std::string();
}

LagPoint lag_at(const Position& replica, const std::vector<Position>& primary) {
  LagPoint lag{replica.at, 0, 0};
  const auto seen_until =
      std::upper_bound(primary.begin(), primary.end(), replica.at, [](Time at, const Position& p) {
        return at < p.at;
      });
  if (seen_until == primary.begin()) return lag;
  lag.bytes = std::max(0.0, (seen_until - 1)->bytes - replica.bytes);
  const auto beyond = std::upper_bound(
      primary.begin(), seen_until, replica.bytes, [](double bytes, const Position& p) {
        return bytes < p.bytes;
      });
  if (beyond != seen_until) lag.seconds = rounded_seconds(replica.at - beyond->at);
  return lag;
}

std::vector<Replica> replicas_of(const Timeline& timeline) {
  std::vector<Replica> replicas;
  for (const SampleSeries& series : timeline.record.series) {
    const ProbeSpec* spec = timeline.record.playbook.probe(series.probe);
    const std::string primary_name = spec == nullptr ? "" : primary_of(*spec);
    if (series.vantage == primary_name) continue;
    const SampleSeries* primary = nullptr;
    for (const SampleSeries& other : timeline.record.series) {
      if (other.probe == series.probe && other.vantage == primary_name) primary = &other;
    }
    add_replica(timeline, series, primary, replicas);
  }
  return replicas;
}

std::vector<Result::Metric> replication_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  for (const Replica& replica : replicas_of(timeline)) {
    LagPoint worst;
    for (const LagPoint& point : replica.points) {
      if (point.at < timeline.judged_from()) continue;
      worst.bytes = std::max(worst.bytes, point.bytes);
      worst.seconds = std::max(worst.seconds, point.seconds);
    }
    const Scope scope{replica.probe, "", ""};
    metrics.push_back(
        make_metric("replication_lag_max", "Longest replication lag", "s", scope, worst.seconds));
    if (replica.primary.empty()) continue;
    metrics.push_back(make_metric(
        "replication_lag_bytes_max", "Most bytes a replica lacked", "count", scope, worst.bytes));
    if (replica.catch_up.value) {
      metrics.push_back(span_metric("catch_up_time", "Time to catch up", scope, replica.catch_up));
    }
  }
  return metrics;
}

}  // namespace muster
