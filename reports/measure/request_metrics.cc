#include <algorithm>
#include <limits>
#include <span>

#include "base/huge_pages.h"
#include "reports/measure/block_bootstrap.h"
#include "reports/measure/metrics.h"
#include "reports/measure/milestones.h"
#include "reports/measure/tally.h"

namespace muster {

namespace {

struct Quantile {
  std::string_view id, name;
  double q;
};
constexpr Quantile kQuantiles[] = {{"latency_p50", "Median latency", 0.5},
                                   {"latency_p90", "90th percentile of latency", 0.9},
                                   {"latency_p99", "99th percentile of latency", 0.99},
                                   {"latency_p999", "99.9th percentile of latency", 0.999},
                                   {"latency_max", "Longest latency", 1}};

/// What one stream's requests due in [from, to) came to.
struct Part {
  const Stream* stream = nullptr;
  Tally tally;
};

Tally tally_of(const Stream& stream, Time from, Time to) {
  const auto due = [](const Sample* request) {
    return request->due;
  };
  const auto begin = std::ranges::lower_bound(stream.requests, from, {}, due);
  const auto end = std::ranges::lower_bound(begin, stream.requests.end(), to, {}, due);
  Tally tally;
  reserve_much(tally.latencies, static_cast<std::size_t>(end - begin));
  for (auto request = begin; request < end; ++request) tally.add(**request);
  tally.sort();
  return tally;
}

/// The integral of the failing share over time: with even arrivals every request stands for one
/// period. A run of n failed requests is an outage of more than n - 1 and less than n + 1 periods.
Result::Metric unavailable(const MetricScope& scope, const Part& part) {
  const double period = to_seconds(part.stream->period) / part.stream->requests_per_period;
  const auto seconds = [&](double requests) {
    return rounded_seconds(from_seconds(requests * period));
  };
  const auto count = static_cast<double>(part.tally.failed);
  Result::Metric metric =
      make_metric("unavailable_seconds", "Unavailable", "s", scope, seconds(count));
  if (part.stream->spec != nullptr && part.stream->spec->poisson) return metric;
  const auto outages = static_cast<double>(part.tally.outages);
  metric.lo = seconds(std::max(0.0, count - outages));
  metric.hi = seconds(count + outages);
  metric.interval_method = "resolution";
  return metric;
}

/// What the drill cost of what the users' agreement leaves for failures: the time it was
/// unavailable, of the time that may be.
Result::Metric error_budget(const MetricScope& scope,
                            const ServiceLevel& slo,
                            const Result::Metric& dark) {
  const double budget = (1 - slo.availability) * to_seconds(slo.over);
  const auto share = [&](const std::optional<double>& seconds) -> std::optional<double> {
    return seconds ? std::optional(*seconds / budget) : std::nullopt;
  };
  Result::Metric metric =
      make_metric("error_budget_spent", "Error budget spent", "ratio", scope, share(dark.value));
  metric.lo = share(dark.lo);
  metric.hi = share(dark.hi);
  metric.interval_method = dark.interval_method;
  metric.reason =
      fmt::format("of {} in {}", human_duration(from_seconds(budget)), human_duration(slo.over));
  return metric;
}

Result::Metric error_ratio(const MetricScope& scope, const Tally& tally) {
  const auto ratio = tally.error_ratio();
  return make_metric("error_ratio", "Failed, of all due", "ratio", scope, ratio);
}

Result::Metric latency(const Quantile& quantile, const MetricScope& scope, const Tally& tally) {
  const TallyQuantile value = tally.latency(quantile.q);
  Result::Metric metric =
      make_metric(std::string(quantile.id), std::string(quantile.name), "s", scope, value.seconds);
  metric.censored = value.failed;
  if (value.failed) metric.reason = "so many requests failed that this one is among them";
  if (value.too_few) metric.reason = fmt::format("too few requests to say it: {}", tally.due);
  return metric;
}

Result::Metric failed_requests(const MetricScope& scope, std::uint64_t count) {
  return make_metric(
      "failed_requests", "Failed requests", "count", scope, static_cast<double>(count));
}

/// Requests that were on their way when the fault took hold. When exactly it did is known to an
/// interval, and so is how many they were; the one that may have been is counted.
struct InFlight {
  std::uint64_t surely = 0;
  std::uint64_t perhaps = 0;
  std::uint64_t failed = 0;  ///< of those that perhaps were
};

InFlight in_flight_of(const Stream& stream, const Instant& injection) {
  const Time from = injection.lo - stream.clock_bound;
  const Time to = injection.hi + stream.clock_bound;
  InFlight found;
  for (const Sample* request : stream.requests) {
    if (request->sent == Time() || request->sent > to || request->done < from) continue;
    ++found.perhaps;
    if (failed(*request)) ++found.failed;
    if (request->sent <= from && request->done >= to) ++found.surely;
  }
  return found;
}

void add_in_flight(const Timeline& timeline,
                   const MetricScope& scope,
                   const Stream& stream,
                   std::vector<Result::Metric>& metrics) {
  if (!timeline.injection) return;
  const InFlight found = in_flight_of(stream, *timeline.injection);
  Result::Metric all = make_metric("in_flight_requests",
                                   "Requests under way when the fault came",
                                   "count",
                                   scope,
                                   static_cast<double>(found.perhaps));
  all.lo = static_cast<double>(found.surely);
  all.hi = all.value;
  all.interval_method = "exact";
  metrics.push_back(std::move(all));
  metrics.push_back(make_metric(
      "in_flight_failed", "Of those, failed", "count", scope, static_cast<double>(found.failed)));
}

/// Recovery is the start of the first good window, and says nothing of what came later: users whom
/// the failover had sent elsewhere come home only then, and may find that home does not work.
Result::Metric failed_after_recovery(const Timeline& timeline,
                                     const MetricScope& scope,
                                     const Stream& stream) {
  const Edge edge = good_again_edge(timeline, stream, true);
  const bool recovered = edge.state != Edge::State::NotSeen;
  const Time from = edge.state == Edge::State::Seen ? edge.instant.at : timeline.undo->lo;
  Result::Metric metric =
      make_metric("failed_after_recovery",
                  "Failed after the recovery",
                  "count",
                  scope,
                  static_cast<double>(tally_of(stream, from, Time::max()).failed));
  metric.censored = !recovered;
  if (!recovered) metric.reason = "there was no recovery: all that failed after the undo";
  return metric;
}

void add_scope(const MetricScope& scope, const Part& part, std::vector<Result::Metric>& metrics) {
  metrics.push_back(error_ratio(scope, part.tally));
  for (const Quantile& quantile : kQuantiles) {
    if (scope.phase.empty() || enough_for(quantile.q, part.tally.due)) {
      metrics.push_back(latency(quantile, scope, part.tally));
    }
  }
}

void add_whole(const Timeline& timeline,
               const MetricScope& scope,
               const Part& part,
               std::vector<Result::Metric>& metrics) {
  metrics.push_back(failed_requests(scope, part.tally.failed));
  metrics.push_back(unavailable(scope, part));
  if (part.stream->spec != nullptr && part.stream->spec->slo)
    metrics.push_back(error_budget(scope, *part.stream->spec->slo, metrics.back()));
  add_in_flight(timeline, scope, *part.stream, metrics);
  if (timeline.undo) metrics.push_back(failed_after_recovery(timeline, scope, *part.stream));
  metrics.push_back(
      make_metric("longest_gap",
                  "Longest time without a good answer",
                  "s",
                  scope,
                  rounded_seconds(longest_gap(*part.stream, timeline.judged_from()))));
  add_scope(scope, part, metrics);
}

double badness(const Result::Metric& metric) {
  return metric.censored ? 1e300 : metric.value.value_or(-1);
}

/// Requests of different vantages are different requests.
void add_up(Result::Metric& sum, const Result::Metric& one) {
  const auto add = [](std::optional<double>& to, const std::optional<double>& more) {
    if (to && more) *to += *more;
  };
  add(sum.value, one.value);
  add(sum.lo, one.lo);
  add(sum.hi, one.hi);
}

/// For each metric the vantage where it is worst; requests are added up.
std::vector<Result::Metric> overall(const std::vector<Result::Metric>& per_vantage) {
  std::vector<Result::Metric> worst;
  for (const Result::Metric& metric : per_vantage) {
    const auto known = std::find_if(worst.begin(), worst.end(), [&](const Result::Metric& each) {
      return each.id == metric.id;
    });
    if (known == worst.end()) {
      worst.push_back(metric);
      worst.back().scope_vantage.clear();
    } else if (metric.unit == "count") {
      add_up(*known, metric);
      if (metric.censored && !known->censored) {
        known->censored = true;
        known->reason = metric.reason;
      }
    } else if (badness(metric) > badness(*known)) {
      *known = metric;
      known->scope_vantage.clear();
    }
  }
  return worst;
}

std::vector<Result::Metric> of_probe(const Timeline& timeline, const std::string& probe) {
  std::vector<Result::Metric> per_vantage;
  for (const Stream& stream : timeline.streams) {
    if (stream.probe != probe) continue;
    const Part part{&stream, tally_of(stream, timeline.judged_from(), Time::max())};
    add_whole(timeline, {stream.probe, stream.vantage, ""}, part, per_vantage);
  }
  std::vector<Result::Metric> metrics = overall(per_vantage);
  metrics.insert(metrics.end(), per_vantage.begin(), per_vantage.end());
  return metrics;
}

/// The same run gives the same intervals whenever it is judged.
std::uint64_t seed_of(const std::string& run_id) {
  std::uint64_t seed = 0;
  for (const char c : run_id) seed = seed * 31 + static_cast<unsigned char>(c);
  return seed;
}

/// How well the percentiles of one phase were measured; longest and shortest have no interval.
void put_intervals(const Stream& stream,
                   Time from,
                   Time to,
                   std::uint64_t seed,
                   std::span<Result::Metric> metrics) {
  const auto due = [](const Sample* request) {
    return request->due;
  };
  const auto begin = std::ranges::lower_bound(stream.requests, from, {}, due);
  const auto end = std::ranges::lower_bound(begin, stream.requests.end(), to, {}, due);
  if (begin == end) return;
  const Time first = (*begin)->due;
  LatencyBlocks blocks(static_cast<std::size_t>(to_seconds((*(end - 1))->due - first)));
  for (auto request = begin; request < end; ++request) {
    blocks.add(static_cast<std::size_t>(to_seconds((*request)->due - first)),
               failed(**request) ? std::numeric_limits<double>::infinity()
                                 : to_seconds(latency(**request)));
  }
  std::vector<double> wanted;
  std::vector<Result::Metric*> of;
  for (Result::Metric& metric : metrics) {
    for (const Quantile& quantile : kQuantiles) {
      if (metric.id != quantile.id || quantile.q == 1 || !metric.value) continue;
      wanted.push_back(quantile.q);
      of.push_back(&metric);
    }
  }
  const auto intervals = blocks.intervals(wanted, seed);
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (!intervals[i] || of[i]->censored) continue;
    of[i]->lo = std::min(intervals[i]->first, *of[i]->value);
    of[i]->hi = std::max(intervals[i]->second, *of[i]->value);
    of[i]->interval_method = "block-bootstrap";
  }
}

void add_phases(const Timeline& timeline,
                const std::vector<Result::Phase>& phases,
                std::vector<Result::Metric>& metrics) {
  for (const Stream& stream : timeline.streams) {
    for (const Result::Phase& phase : phases) {
      const bool last = &phase == &phases.back();
      const Time from = timeline.zero + from_seconds(phase.from_s);
      const Time to = last || !phase.to_s ? Time::max() : timeline.zero + from_seconds(*phase.to_s);
      const Part part{&stream, tally_of(stream, from, to)};
      if (part.tally.due == 0) continue;
      const MetricScope scope{stream.probe, stream.vantage, phase.id};
      const std::size_t known = metrics.size();
      metrics.push_back(failed_requests(scope, part.tally.failed));
      add_scope(scope, part, metrics);
      put_intervals(
          stream, from, to, seed_of(timeline.record.id), std::span(metrics).subspan(known));
    }
  }
}

}  // namespace

std::vector<Result::Metric> request_metrics(const Timeline& timeline,
                                            const std::vector<Result::Phase>& phases) {
  std::vector<Result::Metric> metrics;
  std::string probe;
  for (const Stream& stream : timeline.streams) {
    if (stream.probe == probe) continue;
    probe = stream.probe;
    const std::vector<Result::Metric> own = of_probe(timeline, probe);
    metrics.insert(metrics.end(), own.begin(), own.end());
  }
  add_phases(timeline, phases, metrics);
  return metrics;
}

}  // namespace muster
