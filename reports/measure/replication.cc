#include "reports/measure/replication.h"

#include <algorithm>

namespace muster {

namespace {

void sort(std::vector<Position>& positions) {
  std::stable_sort(
      positions.begin(), positions.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
}

/// What one series says in one role.
std::vector<Position> positions_of(const Timeline& timeline,
                                   const SampleSeries& series,
                                   Role role) {
  std::vector<Position> positions;
  for (const Sample& sample : series.samples) {
    if (sample.kind != SampleKind::Gauge || failed(sample)) continue;
    if (role_of(sample, timeline.record.texts) == role)
      positions.push_back({sample.done, sample.value});
  }
  sort(positions);
  return positions;
}

/// The primary's, wherever it was at the time.
std::vector<Position> primary_of(const Timeline& timeline, const std::string& probe) {
  std::vector<Position> positions;
  for (const SampleSeries& series : timeline.record.series) {
    if (series.probe != probe) continue;
    const std::vector<Position> own = positions_of(timeline, series, Role::Primary);
    positions.insert(positions.end(), own.begin(), own.end());
  }
  sort(positions);
  return positions;
}

/// From the undo to the first position that is not behind the primary's at the undo.
Span catch_up_of(const Timeline& timeline,
                 const std::vector<Position>& replica,
                 const std::vector<Position>& primary) {
  if (!timeline.undo || primary.empty()) return {};
  const auto at_undo = std::find_if(primary.begin(), primary.end(), [&](const Position& position) {
    return position.at >= timeline.undo->hi;
  });
  const double goal = at_undo == primary.end() ? primary.back().bytes : at_undo->bytes;
  Edge edge{Edge::State::NotSeen, *timeline.undo};
  edge.instant.lo = edge.instant.at = timeline.undo->lo;
  for (const Position& position : replica) {
    if (position.at < timeline.undo->lo) continue;
    edge.instant.at = edge.instant.hi = position.at;
    if (position.bytes >= goal) {
      edge.state = Edge::State::Seen;
      break;
    }
    edge.instant.lo = position.at;
  }
  return span_between(*timeline.undo, edge, Duration::zero(), Duration::zero());
}

/// Gauges of other kinds are no positions.
bool watches_replication(const Timeline& timeline, const std::string& probe) {
  const ProbeSpec* spec = timeline.record.playbook.probe(probe);
  return spec != nullptr && spec->kind.ends_with("_lag");
}

std::optional<Replica> replica_of(const Timeline& timeline, const SampleSeries& series) {
  if (!watches_replication(timeline, series.probe)) return std::nullopt;
  const std::vector<Position> own = positions_of(timeline, series, Role::Replica);
  const std::vector<Position> lags = positions_of(timeline, series, Role::None);
  if (own.empty() && lags.empty()) return std::nullopt;
  Replica replica{series.probe, series.vantage, !own.empty(), {}, {}};
  if (own.empty()) {
    for (const Position& lag : lags) replica.points.push_back({lag.at, 0, lag.bytes});
    return replica;
  }
  const std::vector<Position> primary = primary_of(timeline, series.probe);
  for (const Position& position : own) replica.points.push_back(lag_at(position, primary));
  replica.catch_up = catch_up_of(timeline, own, primary);
  return replica;
}

void add_metrics(const Timeline& timeline,
                 const Replica& replica,
                 std::vector<Result::Metric>& metrics) {
  LagPoint worst;
  for (const LagPoint& point : replica.points) {
    if (point.at < timeline.judged_from()) continue;
    worst.bytes = std::max(worst.bytes, point.bytes);
    worst.seconds = std::max(worst.seconds, point.seconds);
  }
  const MetricScope scope{replica.probe, "", ""};
  metrics.push_back(
      make_metric("replication_lag_max", "Longest replication lag", "s", scope, worst.seconds));
  if (!replica.by_position) return;
  metrics.push_back(make_metric(
      "replication_lag_bytes_max", "Most bytes a replica lacked", "count", scope, worst.bytes));
  if (!replica.catch_up.value) return;
  metrics.push_back(span_metric("catch_up_time", "Time to catch up", scope, replica.catch_up));
}

}  // namespace

Role role_of(const Sample& sample, const std::vector<std::string>& texts) {
  const std::string_view text =
      sample.text < texts.size() ? std::string_view(texts[sample.text]) : "";
  return text == "primary" ? Role::Primary : text == "replica" ? Role::Replica : Role::None;
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
    if (auto replica = replica_of(timeline, series)) replicas.push_back(std::move(*replica));
  }
  return replicas;
}

std::vector<Result::Metric> replication_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  for (const Replica& replica : replicas_of(timeline)) add_metrics(timeline, replica, metrics);
  return metrics;
}

}  // namespace muster
