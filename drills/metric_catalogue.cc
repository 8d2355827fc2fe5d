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

MetricSpec ledger(std::string_view name, std::string_view unit, std::string_view help) {
  return {.name = name, .unit = unit, .help = help, .kinds = {"ledger"}};
}

std::vector<MetricSpec> make_catalogue() {
  const std::vector<std::string_view> lag_kinds = {"postgres_lag", "redis_lag"};
  MetricSpec detect =
      milestone("time_to_detect", "from the fault to the first sign in the control plane");
  detect.needs_probe = false;
  MetricSpec rate = live("request_rate", "per_s", "requests that were answered");
  rate.objective = false;
  rate.lower_is_better = false;
  MetricSpec lag{.name = "replication_lag",
                 .unit = "s",
                 .help = "how far a replica is behind now",
                 .live = true,
                 .objective = false,
                 .kinds = lag_kinds};
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
      live("longest_gap", "s", "longest time without one good answer"),
      live("latency_p50", "s", "half of the requests took no longer, from when they were due"),
      live("latency_p90", "s", "90 % of the requests took no longer"),
      live("latency_p99", "s", "99 % of the requests took no longer"),
      live("latency_p999", "s", "99.9 % of the requests took no longer"),
      live("latency_max", "s", "the slowest request"),
      rate,
      ledger("lost_writes", "count", "acknowledged writes that are gone"),
      ledger("duplicate_writes", "count", "writes that are there twice"),
      ledger("unknown_writes", "count", "writes whose fate nobody was told"),
      ledger("stale_reads", "count", "reads that missed an acknowledged write"),
      ledger("staleness_max", "s", "age of the oldest answer that was served as current"),
      lag,
      {.name = "replication_lag_max",
       .unit = "s",
       .help = "the farthest a replica was behind",
       .kinds = lag_kinds},
      {.name = "catch_up_time",
       .unit = "s",
       .help = "from the undo until the replica has caught up",
       .kinds = lag_kinds},
      {.name = "revocation_delay",
       .unit = "s",
       .help = "from a revocation until every region refuses the token",
       .kinds = {"denylist"}},
  };
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
