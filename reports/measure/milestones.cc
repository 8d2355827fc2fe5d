#include "reports/measure/milestones.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "reports/measure/percentile.h"

namespace muster {

namespace {

std::string window_rule(const Timeline& timeline, const Stream& stream, bool after_undo) {
  std::string rule =
      fmt::format("every request due is answered well for {}", format_duration(stream.settle));
  if (!after_undo && !timeline.record.regions_out.empty()) {
    rule += fmt::format(", none of them by {}", join(timeline.record.regions_out, " or "));
  }
  return rule;
}

MilestoneSpan impact_of(const Timeline& timeline, const Stream& stream) {
  const Edge edge = impact_edge(timeline, stream);
  MilestoneSpan span{"impact", stream.probe, stream.vantage, "the first failed request", {}, {}};
  if (edge.state == Edge::State::Absent) return span;
  span.since_anchor = span.since_zero =
      span_between(*timeline.injection, edge, stream.period, stream.clock_bound);
  return span;
}

/// The fault may take hold a moment after its command returned (a server that looks for a file),
/// but not after it was observed, nor after it failed its first request.
Instant taking_hold(const Timeline& timeline) {
  Instant anchor = *timeline.injection;
  std::optional<Time> hit;
  for (const Stream& stream : timeline.streams) {
    const Edge edge = impact_edge(timeline, stream);
    if (edge.state == Edge::State::Seen)
      hit = std::min(hit.value_or(edge.instant.hi), edge.instant.hi);
  }
  if (hit) anchor.hi = std::max(anchor.hi, std::min(*hit, timeline.fault_seen.value_or(anchor.hi)));
  return anchor;
}

MilestoneSpan good_again_of(const Timeline& timeline,
                            const Stream& stream,
                            const Instant& anchor,
                            bool after_undo) {
  const Edge edge = good_again_edge(timeline, stream, after_undo);
  MilestoneSpan span{after_undo ? "recover" : "failover",
                     stream.probe,
                     stream.vantage,
                     window_rule(timeline, stream, after_undo),
                     {},
                     {}};
  span.since_anchor = span_between(anchor, edge, stream.period, stream.clock_bound);
  span.since_zero = span.since_anchor;
  if (!after_undo) return span;
  const double shift = timeline.seconds(timeline.undo->at);
  for (std::optional<double>* part :
       {&span.since_zero.value, &span.since_zero.lo, &span.since_zero.hi}) {
    if (*part) **part = rounded_seconds(from_seconds(**part + shift));
  }
  return span;
}

void add_detection(const Timeline& timeline, std::vector<MilestoneSpan>& spans) {
  MilestoneSpan first{"detect", "", "", "the first sign in the control plane", {}, {}};
  for (const SampleSeries& series : timeline.record.series) {
    const Edge edge = sign_edge(timeline, series);
    if (edge.state == Edge::State::Absent) continue;
    const Span span = span_between(*timeline.injection, edge, Duration::zero(), Duration::zero());
    if (!first.since_zero.value || shortest(first.since_zero, span).value == span.value)
      first.probe = series.probe;
    first.since_zero = first.since_anchor = shortest(first.since_zero, span);
  }
  if (first.since_zero.value) spans.push_back(first);
}

using Combine = Span (*)(const Span&, const Span&);

/// One span a vantage, and before them the worst of each probe.
void add_all(const Timeline& timeline,
             const std::vector<MilestoneSpan>& per_stream,
             Combine combine,
             std::vector<MilestoneSpan>& spans) {
  std::vector<std::string> probes;
  for (const Stream& stream : timeline.streams) {
    if (std::find(probes.begin(), probes.end(), stream.probe) == probes.end())
      probes.push_back(stream.probe);
  }
  for (const std::string& probe : probes) {
    std::vector<MilestoneSpan> own;
    for (const MilestoneSpan& span : per_stream) {
      if (span.probe == probe) own.push_back(span);
    }
    MilestoneSpan overall = own.front();
    overall.vantage.clear();
    for (const MilestoneSpan& span : own) {
      overall.since_anchor = combine(overall.since_anchor, span.since_anchor);
      overall.since_zero = combine(overall.since_zero, span.since_zero);
    }
    spans.push_back(overall);
    spans.insert(spans.end(), own.begin(), own.end());
  }
}

/// `took` in order; of those who never were served well nothing is known but that they are left.
std::vector<std::pair<double, double>> tail_of(const std::vector<double>& took,
                                               std::size_t clients) {
  std::vector<std::pair<double, double>> tail;
  const std::size_t step = took.size() / Result::ClientSpread::kMostTail + 1;
  for (std::size_t i = 0; i < took.size(); i += step) {
    const std::size_t served = std::min(i + step, took.size());
    tail.emplace_back(took[served - 1],
                      static_cast<double>(clients - served) / static_cast<double>(clients));
  }
  return tail;
}

Result::ClientSpread spread_of(const Timeline& timeline, const Stream& stream) {
  std::map<std::uint32_t, std::vector<const Sample*>> clients;
  for (const Sample* request : stream.seen()) {
    auto& own = clients[request->client];
    if (request->due >= *timeline.fault_from && request->due < timeline.fault_end())
      own.push_back(request);
  }
  Stream alone;
  alone.settle = stream.settle;
  alone.observed_until = stream.observed_until;
  std::vector<double> took;
  for (auto& [client, own] : clients) {
    alone.requests = std::move(own);
    const Edge edge = good_again_edge(timeline, alone, false);
    if (edge.state == Edge::State::NotSeen) continue;
    took.push_back(*span_between(*timeline.injection, edge, stream.period, {}).value);
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double q) -> std::optional<double> {
    const std::size_t rank = rank_of(q, clients.size());
    return rank <= took.size() ? std::optional(took[rank - 1]) : std::nullopt;
  };
  return {stream.probe,
          stream.vantage,
          at(0.5),
          at(0.95),
          at(1),
          clients.size(),
          clients.size() - took.size(),
          tail_of(took, clients.size())};
}

}  // namespace

Edge sign_edge(const Timeline& timeline, const SampleSeries& series) {
  // That a resolver fails is a sign; that a Prometheus cannot be asked says nothing of its alerts.
  const ProbeSpec* spec = timeline.record.playbook.probe(series.probe);
  const bool tells_by_failing = spec == nullptr || spec->kind != "prometheus_query";
  std::set<std::pair<std::uint16_t, Outcome>> usual;
  Time unchanged = *timeline.fault_from;
  Time last = unchanged;
  bool any = false;
  for (const Sample& sample : series.samples) {
    if (sample.kind != SampleKind::Signal) continue;
    if (failed(sample) && !tells_by_failing) continue;
    const bool before = sample.done < *timeline.fault_from;
    const std::pair<std::uint16_t, Outcome> look(sample.text, sample.outcome);
    if (before) usual.insert(look);
    if (!before && sample.due >= timeline.fault_end()) break;
    any = true;
    last = sample.done;
    if (!before && !usual.contains(look)) {
      return {Edge::State::Seen,
              {std::max(unchanged, *timeline.fault_from), sample.done, sample.done}};
    }
    unchanged = std::max(unchanged, sent_or_due(sample));
  }
  if (!any || usual.empty()) return {};
  const Time end = std::min(std::max(last, unchanged), timeline.fault_end());
  return {Edge::State::NotSeen, {unchanged, end, end}};
}

const MilestoneSpan* Milestones::find(std::string_view id,
                                      std::string_view probe,
                                      std::string_view vantage) const {
  for (const MilestoneSpan& span : spans) {
    if (span.id == id && span.probe == probe && span.vantage == vantage) return &span;
  }
  return nullptr;
}

const MilestoneSpan* Milestones::leading(std::string_view id) const {
  for (const MilestoneSpan& span : spans) {
    if (span.id == id && span.vantage.empty()) return &span;
  }
  return nullptr;
}

Milestones find_milestones(const Timeline& timeline) {
  Milestones found;
  if (!timeline.injection) return found;
  const Instant hold = taking_hold(timeline);
  std::vector<MilestoneSpan> impacts, failovers, recoveries;
  for (const Stream& stream : timeline.streams) {
    impacts.push_back(impact_of(timeline, stream));
    failovers.push_back(good_again_of(timeline, stream, hold, false));
    if (timeline.undo) recoveries.push_back(good_again_of(timeline, stream, *timeline.undo, true));
    found.clients.push_back(spread_of(timeline, stream));
  }
  add_all(timeline, impacts, shortest, found.spans);
  add_detection(timeline, found.spans);
  add_all(timeline, failovers, longest, found.spans);
  if (timeline.undo) add_all(timeline, recoveries, longest, found.spans);
  return found;
}

std::vector<Result::Milestone> milestone_table(const Milestones& milestones) {
  std::vector<Result::Milestone> table;
  for (const MilestoneSpan& span : milestones.spans) {
    table.push_back({span.id,
                     span.vantage,
                     span.probe,
                     span.rule,
                     span.since_zero.value,
                     span.since_zero.lo,
                     span.since_zero.hi,
                     span.since_zero.censored});
  }
  return table;
}

}  // namespace muster
