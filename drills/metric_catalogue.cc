#include <algorithm>

#include "drills/playbook.h"

namespace muster {

namespace {

MetricSpec milestone(std::string_view name, std::string_view help) {
  return {.name = name, .unit = "s", .help = help, .live = false};
}

/// Of requests; also known while the drill runs, over a window.
MetricSpec live(std::string_view name, std::string_view unit, std::string_view help) {
  return {.name = name, .unit = unit, .help = help, .live = true};
}

using Kinds = std::vector<std::string_view>;

/// What only probes of these kinds can tell.
MetricSpec of(const Kinds& kinds,
              std::string_view name,
              std::string_view unit,
              std::string_view help) {
  return {.name = name, .unit = unit, .help = help, .kinds = kinds};
}

MetricSpec higher_is_better(MetricSpec metric) {
  metric.lower_is_better = false;
  return metric;
}

std::vector<MetricSpec> of_users() {
  MetricSpec detect =
      milestone("time_to_detect", "from the fault to the first sign in the control plane");
  detect.needs_probe = false;
  MetricSpec rate = live("request_rate", "per_s", "requests that were answered");
  rate.objective = false;
  rate.lower_is_better = false;
  return {
      milestone("time_to_impact", "from the fault to the first failed request"),
      detect,
      milestone("time_to_failover", "from the fault until every user is served well again"),
      milestone("time_to_recover", "from the undo until every user is served well again"),
      {.name = "unavailable_seconds",
       .unit = "s",
       .help = "share of failing requests, summed over time"},
      {.name = "error_budget_spent",
       .unit = "ratio",
       .help = "share of the error budget of the probe's `slo` that the drill spent"},
      live("error_ratio", "ratio", "failed requests, of all that were due"),
      live("failed_requests", "count", "failed requests"),
      {.name = "in_flight_requests",
       .unit = "count",
       .help = "requests that were under way when the fault came"},
      {.name = "in_flight_failed", .unit = "count", .help = "of those, the ones that failed"},
      {.name = "failed_after_recovery",
       .unit = "count",
       .help = "requests that failed again after users had been served well again"},
      live("longest_gap", "s", "longest time without one good answer"),
      live("latency_p50", "s", "half of the requests took no longer, from when they were due"),
      live("latency_p90", "s", "90 % of the requests took no longer"),
      live("latency_p99", "s", "99 % of the requests took no longer"),
      live("latency_p999", "s", "99.9 % of the requests took no longer"),
      live("latency_max", "s", "the slowest request"),
      rate,
  };
}

std::vector<MetricSpec> of_data() {
  const Kinds lag_kinds = {"postgres_lag", "redis_lag"};
  MetricSpec lag = of(lag_kinds, "replication_lag", "s", "how far a replica is behind now");
  lag.live = true;
  lag.objective = false;
  const Kinds ledger = {"ledger"};
  return {
      of(ledger, "lost_writes", "count", "acknowledged writes that are gone"),
      of(ledger, "duplicate_writes", "count", "writes that are there twice"),
      of(ledger, "unknown_writes", "count", "writes whose fate nobody was told"),
      of(ledger, "stale_reads", "count", "reads that missed an acknowledged write"),
      of(ledger, "staleness_max", "s", "age of the oldest answer that was served as current"),
      lag,
      of(lag_kinds, "replication_lag_max", "s", "the farthest a replica was behind"),
      of(lag_kinds, "catch_up_time", "s", "from the undo until the replica has caught up"),
      of(lag_kinds, "split_brain_seconds", "s", "how long two servers both were the primary"),
  };
}

/// What was done at one place and looked for at others.
std::vector<MetricSpec> of_places() {
  const Kinds denylist = {"denylist"};
  const Kinds store = {"object_store"};
  return {
      of(denylist,
         "revocation_delay",
         "s",
         "from a revocation until every region refuses the token"),
      of(denylist,
         "revoked_accepted",
         "count",
         "looks that let in a token which the same place had refused before"),
      of({"cdn"},
         "purge_delay",
         "s",
         "from an acknowledged purge until every place shows the new content"),
      of(store,
         "replicated_read_delay",
         "s",
         "from an acknowledged PUT until every place has the object"),
      of(store, "corrupt_reads", "count", "reads that gave something else than was written"),
      of(store, "lost_objects", "count", "acknowledged objects that no place has at the end"),
  };
}

std::vector<MetricSpec> of_values() {
  const Kinds cdn = {"cdn"};
  const Kinds prometheus = {"prometheus_query"};
  return {
      higher_is_better(of(prometheus, "value_min", "number", "the least value of the query")),
      of(prometheus, "value_max", "number", "the greatest value of the query"),
      of(prometheus,
         "value_factor",
         "number",
         "the greatest value under the fault, over the mean before it"),
      of(prometheus, "time_to_alert", "s", "from the fault until the alert fired"),
      higher_is_better(of({"tls"},
                          "certificate_days_min",
                          "number",
                          "days until the certificate ends, the fewest seen")),
      of({"dns"}, "nxdomain_ratio", "ratio", "questions answered with: there is no such name"),
      higher_is_better(of(cdn, "hit_ratio", "ratio", "answers that spared the origin")),
      of(cdn, "stale_ratio", "ratio", "answers that the cache knew to be too old"),
      of(cdn, "cache_age_max", "s", "age of the oldest answer, as the cache said"),
  };
}

std::vector<MetricSpec> make_catalogue() {
  std::vector<MetricSpec> all;
  for (const std::vector<MetricSpec>& part : {of_users(), of_data(), of_places(), of_values()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

const std::vector<MetricSpec>& metric_catalogue() {
  static const std::vector<MetricSpec> metrics = make_catalogue();
  return metrics;
}

const MetricSpec* metric_spec(std::string_view name) {
  const std::vector<MetricSpec>& all = metric_catalogue();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const MetricSpec& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace muster
