#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/values.h"
#include "test/reports/sample_result.h"

namespace muster::sample {

namespace {

constexpr double kBegin = -10;
constexpr double kBin = 0.5;
constexpr double kReadersRate = 100;
constexpr double kCommentsRate = 20;

/// The same numbers on every machine and in every order of calls within one row.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2862933555777941757ULL + 3037000493ULL) {}
  double unit() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<double>(state_ >> 11U) / 9007199254740992.0;
  }
  /// A latency: log-normal around `median`, with a rare long tail.
  double latency(double median, double spread) {
    double sum = 0;
    for (int i = 0; i < 6; ++i) sum += unit();
    const double tail = unit() < 0.012 ? 2 + 6 * unit() : 1;
    return median * std::exp((sum - 3) * spread) * tail;
  }

 private:
  std::uint64_t state_;
};

/// The share of a vantage's clients that have gone over, rising from 0 at `begin` to 1 at `end`.
double gone_over(double t, double begin, double end) {
  if (t <= begin) return 0;
  if (t >= end) return 1;
  return std::pow((t - begin) / (end - begin), 0.7);
}

struct RowStory {
  std::string vantage, probe, home, away;
  double rate = 0, home_ms = 0, away_ms = 0;
  bool writes = false;
  bool hit = false;  ///< its home is the drained region
  std::uint64_t seed = 1;
};

void fill_bin(
    const Story& story, const RowStory& row, double t, Dice& dice, Result::SeriesRow& out) {
  const auto due = static_cast<int>(std::lround(row.rate * kBin));
  std::map<int, int> answers;
  std::map<std::string, int> reasons, regions;
  int unknown = 0;
  const bool in_force = story.injected && t >= 0 && t < story.undo_s;
  const double last = story.ever_failed_over ? story.failover_s : 1e9;
  const double over = !story.injected || !row.hit ? 0
                      : t < story.undo_s          ? gone_over(t, 2.2, last)
                                         : 1 - gone_over(t, story.undo_s + 1, story.recovered_s);
  for (int i = 0; i < due; ++i) {
    const bool away = dice.unit() < over;
    const bool fails = row.hit && in_force && !away;
    if (fails) {
      const double kind = dice.unit();
      if (row.writes && kind < 0.12) {
        ++unknown;
      } else {
        ++reasons[kind < 0.7 ? "refused" : kind < 0.9 ? "timeout" : "http-503"];
      }
      continue;
    }
    const bool busy = in_force && t < last + 4 && !row.hit;
    const double ms = dice.latency(away ? row.away_ms : row.home_ms, 0.16) * (busy ? 1.5 : 1);
    ++answers[std::clamp(static_cast<int>(std::floor(4 * std::log2(std::max(1.0, ms)))), 0, 52)];
    ++regions[away ? row.away : row.home];
  }
  out.due.push_back(due);
  out.ok.emplace_back(answers.begin(), answers.end());
  out.fail.push_back(reasons);
  out.unknown.push_back(unknown);
  out.served_by.push_back(regions);
}

Result::SeriesRow series_row(const Story& story, const RowStory& row) {
  Result::SeriesRow out;
  out.vantage = row.vantage;
  out.probe = row.probe;
  Dice dice(row.seed);
  for (double t = kBegin; t < std::min(story.end_s, story.stopped_s + 6); t += kBin)
    fill_bin(story, row, t, dice, out);
  return out;
}

/// What the name server tells the clients in us-east.
Result::SeriesRow dns_row(const Story& story) {
  Result::SeriesRow out;
  out.vantage = "client-us";
  out.probe = "names";
  for (double t = kBegin; t < story.end_s; t += kBin) {
    const bool moved = story.injected && story.ever_failed_over && t >= 2 && t < story.undo_s + 1;
    out.due.push_back(2);
    out.ok.push_back({{5, 2}});
    out.fail.emplace_back();
    out.unknown.push_back(0);
    out.served_by.push_back({{moved ? "10.2.0.80" : "10.1.0.80", 2}});
  }
  return out;
}

Result::SeriesRow lag_row(const Story& story) {
  Result::SeriesRow out;
  out.vantage = "db-eu";
  out.probe = "replication";
  Dice dice(77);
  for (double t = kBegin; t < std::min(story.end_s, story.stopped_s + 6); t += kBin) {
    const bool cut = story.injected && t >= 0 && t < story.undo_s;
    const double behind = cut ? 40'000 * std::min(t, 12.0) : 0;
    const double catching_up = story.injected && t >= story.undo_s
                                   ? 480'000 * std::max(0.0, 1 - (t - story.undo_s) / 3)
                                   : 0;
    out.due.push_back(5 * kBin);
    out.ok.emplace_back();
    out.fail.emplace_back();
    out.unknown.push_back(0);
    out.served_by.emplace_back();
    out.gauge.emplace_back(behind + catching_up + 900 * dice.unit());
  }
  return out;
}

double failed_in(const Result::SeriesRow& row) {
  double failed = 0;
  for (const auto& reasons : row.fail) {
    for (const auto& [reason, count] : reasons) failed += count;
  }
  for (const int count : row.unknown) failed += count;
  return failed;
}

UtcTime at(const char* text) {
  return *parse_utc(text);
}

void describe_run(const Story& story, Result& result) {
  result.run.id = "01KA3H6Q9T3V8Y2N5W7B4C6D8E";
  result.run.number = 46;
  result.run.drill = "drain-us-east";
  result.run.service = "novvista";
  result.run.environment = "lab";
  result.run.labels = {{"version", "2026.46.1"}, {"team", "platform"}};
  result.run.trigger = "person";
  result.run.started_at = at("2026-11-14T14:11:48.102000Z");
  result.run.ended_at =
      result.run.started_at + std::chrono::milliseconds(std::llround((story.end_s + 12.2) * 1e3));
  if (story.injected) result.run.injected_at = at("2026-11-14T14:12:00.318042Z");
  result.run.state = "completed";
  result.run.trial_group = result.run.id;
  result.run.seed = 20261114;
  result.run.version = "0.1.0";
  result.playbook.path = "drills/library/drain_region.yaml";
  result.playbook.title = "US East is drained; everyone converges on EU West";
  result.playbook.digest = "sha256:9c1f5b0e62a74be1";
  result.playbook.series_key = "sha256:77aa10c4d3e91f02";
  result.playbook.text =
      "muster: 1\ndrill: drain-us-east\ntitle: US East is drained; everyone converges on EU West\n"
      "steps:\n  - baseline: 10s\n  - inject: drain\n    fault: {drain_region: {region: "
      "us-east}}\n";
  result.clock_offsets = {{"client-us", 0.2, 0.8}, {"client-eu", -0.1, 0.6}};
  result.vantages = {{"client-us", "Client US", "us-east", "region drained"},
                     {"client-eu", "Client EU", "eu-west", "takes over"},
                     {"db-eu", "db-eu", "eu-west", ""}};
  result.environment_digest = "sha256:0be1f2a955d00c17";
  result.environment = {{"dns.ttl", "5s", "config"},
                        {"health_check.interval", "1s", "config"},
                        {"health_check.fall", "3", "config"},
                        {"app version", "2026.46.1", "build"},
                        {"kernel", "6.1.0-27-amd64", "measured"}};
  result.samples =
      Result::Samples{"samples", "muster.samples/1", 17'640, 88'211, "sha256:51ce0f7745e1"};
}

void describe_probes(Result& result) {
  Result::ProbeInfo readers;
  readers.id = "readers";
  readers.kind = "http";
  readers.op = "read";
  readers.request = "GET http://www.novvista.test/article/1";
  readers.rate_per_s = kReadersRate;
  readers.timeout_ms = 2000;
  readers.slo_ms = 500;
  readers.clients = 20;
  Result::ProbeInfo comments = readers;
  comments.id = "comments";
  comments.kind = "ledger";
  comments.op = "write";
  comments.request = "POST http://www.novvista.test/comments";
  comments.rate_per_s = kCommentsRate;
  comments.clients = 10;
  comments.slo_ms.reset();
  Result::ProbeInfo replication = comments;
  replication.id = "replication";
  replication.kind = "postgres_lag";
  replication.op = "other";
  replication.request = "pg_stat_replication on db-us";
  replication.rate_per_s = 5;
  replication.clients = 1;
  Result::ProbeInfo names = replication;
  names.id = "names";
  names.kind = "dns";
  names.op = "read";
  names.request = "www.novvista.test A";
  result.probes = {readers, comments, names, replication};
}

void fill_series(const Story& story, Result& result) {
  const double end = std::min(story.end_s, std::ceil(story.stopped_s) + 6);
  result.series.segments = {{kBegin, end, kBin}};
  Story cut = story;
  cut.end_s = end;
  cut.stopped_s = 1e9;
  const RowStory rows[] = {
      {"client-us", "readers", "us-east", "eu-west", kReadersRate, 11, 92, false, true, 3},
      {"client-eu", "readers", "eu-west", "us-east", kReadersRate, 9, 90, false, false, 5},
      {"client-us", "comments", "us-east", "eu-west", kCommentsRate, 24, 118, true, true, 7},
  };
  for (const RowStory& row : rows) result.series.rows.push_back(series_row(cut, row));
  result.series.rows.push_back(dns_row(cut));
  result.series.rows.push_back(lag_row(cut));
}

void fill_phases(const Story& story, Result& result) {
  if (!story.injected) {
    result.phases = {{"baseline", "Baseline", kBegin, story.end_s}};
    return;
  }
  const double over = story.ever_failed_over ? story.failover_s : story.undo_s;
  result.phases = {{"baseline", "Baseline", kBegin, 0.0},
                   {"undetected", "Undetected", 0, 2.1},
                   {"failing-over", "Failing over", 2.1, over}};
  if (over < story.undo_s)
    result.phases.push_back({"recovered", "Failed over", over, story.undo_s});
  if (story.stopped_s < story.end_s) return;
  result.phases.push_back({"rolling-back", "Rolling back", story.undo_s, story.recovered_s});
  result.phases.push_back({"restored", "Restored", story.recovered_s, story.end_s});
}

Result::Metric metric(std::string id, std::string name, std::string unit, double value) {
  Result::Metric out;
  out.id = std::move(id);
  out.name = std::move(name);
  out.unit = std::move(unit);
  out.value = value;
  return out;
}

Result::Metric with_budget(Result::Metric out, double budget) {
  out.budget_op = "<=";
  out.budget = budget;
  const bool good = !out.censored && out.value && *out.value <= budget;
  out.verdict = good ? "pass" : "fail";
  const double by = std::abs(out.value.value_or(0) - budget);
  out.reason = out.censored ? "not reached while the run looked"
               : good       ? show_value(by, out.unit) + " below the budget"
                            : "over the budget by " + show_value(by, out.unit);
  return out;
}

Result::Metric with_interval(Result::Metric out, double bound) {
  out.lo = *out.value - bound;
  out.hi = *out.value + bound;
  out.interval_method = "resolution";
  return out;
}

void fill_milestones(const Story& story, Result& result) {
  if (!story.injected) return;
  const auto add =
      [&](std::string id, std::string vantage, std::string probe, double value, bool censored) {
        result.milestones.push_back({std::move(id),
                                     std::move(vantage),
                                     std::move(probe),
                                     "every request due answered well for 5 s",
                                     value,
                                     value - 0.01,
                                     value + 0.01,
                                     censored});
      };
  const bool over = story.ever_failed_over;
  add("impact", "", "readers", 0.13, false);
  add("detect", "", "", 2.1, false);
  add("failover", "client-us", "readers", over ? story.failover_s : story.undo_s, !over);
  add("failover", "", "readers", over ? story.failover_s : story.undo_s, !over);
  if (story.stopped_s > story.end_s) add("recover", "", "readers", story.recovered_s, false);
}

void fill_metrics(const Story& story, Result& result) {
  const auto scoped = [&](Result::Metric out, const Result::SeriesRow& row) {
    out.scope_probe = row.probe;
    out.scope_vantage = row.vantage;
    result.metrics.push_back(std::move(out));
  };
  for (const auto& row : result.series.rows) {
    if (row.probe == "replication" || row.probe == "names") continue;
    const double rate = row.probe == "readers" ? kReadersRate : kCommentsRate;
    scoped(metric("failed_requests", "Failed requests", "count", failed_in(row)), row);
    scoped(metric("unavailable_seconds", "Unavailable", "s", failed_in(row) / rate), row);
  }
  if (!story.injected) return;
  const auto readers = [&](Result::Metric out) {
    out.scope_probe = "readers";
    result.metrics.push_back(std::move(out));
  };
  const bool over = story.ever_failed_over;
  readers(with_interval(metric("time_to_impact", "Time to impact", "s", 0.13), 0.01));
  result.metrics.push_back(
      with_interval(metric("time_to_detect", "Time to detect", "s", 2.1), 0.5));
  Result::Metric failover =
      metric("time_to_failover", "Time to fail over", "s", over ? story.failover_s : story.undo_s);
  failover.censored = !over;
  readers(with_budget(over ? with_interval(failover, 0.01) : failover, story.budget_s));
  if (story.stopped_s < story.end_s) return;
  readers(with_budget(
      with_interval(
          metric("time_to_recover", "Time to recover", "s", story.recovered_s - story.undo_s),
          0.01),
      60));
  readers(with_budget(metric("unavailable_seconds",
                             "Unavailable",
                             "s",
                             failed_in(result.series.rows[0]) / kReadersRate),
                      12));
  Result::Metric lost = metric("lost_writes", "Lost writes", "count", story.lost_writes);
  lost.scope_probe = "comments";
  lost.interval_method = "exact";
  result.metrics.push_back(with_budget(lost, 0));
  Result::Metric stale = metric("stale_reads", "Stale reads", "count", story.stale_reads);
  stale.scope_probe = "comments";
  result.metrics.push_back(with_budget(stale, 100));
}

void fill_integrity(const Story& story, Result& result) {
  Result::Integrity& integrity = result.integrity;
  integrity.acked = integrity.checked = 1'214;
  integrity.refused = 131;
  for (const int count : result.series.rows[2].unknown) integrity.unknown += count;
  integrity.lost_total = story.lost_writes;
  integrity.stale_total = story.stale_reads;
  integrity.rule = "every acknowledged write read back in every region after the recovery";
  for (int i = 0; i < story.lost_writes; ++i) {
    integrity.lost.push_back(
        {-0.31 + 0.12 * i, fmt::format("comment/us/{}", 88213 + i), "client-us", std::nullopt});
  }
  for (int i = 0; i < story.stale_reads; ++i) {
    integrity.stale.push_back({story.failover_s + 0.4 + 0.55 * i,
                               fmt::format("comment/us/{}", 88100 + i),
                               "client-us",
                               1.2 + 0.1 * i});
  }
  if (story.stale_reads > 0) integrity.worst_stale_s = 1.1 + 0.1 * story.stale_reads;
}

void fill_actions(const Story& story, Result& result) {
  if (!story.injected) return;
  Result::Action drain;
  drain.id = "drain/1";
  drain.kind = "drain_region";
  drain.targets = {"dns"};
  drain.applied_s = 0;
  drain.undone_s = std::min(story.undo_s, story.stopped_s + 0.2);
  drain.undo_verified = true;
  drain.what = "Force us-east down in gdnsd on dns";
  drain.undo_state = "clean";
  drain.apply_text = "write /run/lab/gdnsd/admin_state: us-east => DOWN";
  drain.undo_text = "restore /run/lab/gdnsd/admin_state, only if it is what was written";
  drain.evidence = "dig www.novvista.test @dns answers 10.2.0.80 and no address of us-east";
  drain.undo_evidence = "dig www.novvista.test @dns answers 10.1.0.80";
  Result::Action cut = drain;
  cut.id = "drain/2";
  cut.targets = {"app-us"};
  cut.applied_s = -0.02;
  cut.what = "Refuse connections to the application";
  cut.apply_text = "nft -f - <<< 'table inet muster_drain_2 { ... }'";
  cut.undo_text = "nft delete table inet muster_drain_2";
  cut.evidence = "connect to 10.1.0.80:80 was refused";
  cut.undo_evidence = "connect to 10.1.0.80:80 answered in 0.4 ms; no table of muster is left";
  result.actions = {cut, drain};
}

void fill_events(const Story& story, Result& result) {
  const auto add =
      [&](double t, double bound, std::string kind, std::string source, std::string text) {
        result.events.push_back({fmt::format("e{}", result.events.size() + 1),
                                 t,
                                 bound,
                                 std::move(kind),
                                 std::move(source),
                                 std::move(text),
                                 ""});
      };
  add(kBegin, 0, "note", "muster", "Baseline begins: 220 requests a second from two vantages");
  if (!story.injected) return;
  add(0,
      0.002,
      "fault",
      "guard on dns",
      "us-east is drained: seen in the answers of the name server");
  add(0.13, 0.01, "symptom", "readers at Client US", "First request fails: connection refused");
  add(2.1, 0.5, "detect", "health check", "app-us is down after 3 failed checks");
  if (story.ever_failed_over) {
    add(story.failover_s,
        0.01,
        "failover",
        "readers at Client US",
        "The last of 20 clients is served by eu-west");
  }
  if (story.stopped_s < story.end_s) return;
  add(story.undo_s,
      0.002,
      "rollback",
      "guard on dns",
      "us-east is back in rotation: seen in the answers");
  add(story.recovered_s,
      0.01,
      "recover",
      "readers at Client US",
      "Every client is served well again");
}

void fill_judgement(const Story& story, Result& result) {
  result.validity = {
      {"probe-lag", true, "requests left within 0.4 ms (p99) of when they were due"},
      {"rate", true, "every vantage sent at least 99.9 % of the requests called for"},
      {"baseline", true, "the baseline was steady: 0 % failed, p99 31 ms"},
      {"clocks", true, "clocks of the vantages agree within 0.8 ms"},
      {"undo", true, "every change was undone and seen to be"}};
  result.checks = {{"error_ratio of readers over 5 s <= 1 %, before the fault", true}};
  if (!story.injected) return;
  result.checks.emplace_back("failover of readers within 60 s", story.ever_failed_over);
  Result::Prediction prediction;
  prediction.stages = {{"detect", "3 checks, 1 s apart, 500 ms each", 2, 3.5},
                       {"decide", "the name server changes its answer at once", 0, 0.1},
                       {"propagate", "clients keep an answer for up to 5 s", 0, 5}};
  prediction.best_s = 2;
  prediction.worst_s = 8.6;
  if (story.ever_failed_over) prediction.measured_s = story.failover_s;
  prediction.inside = !story.ever_failed_over || story.failover_s <= prediction.worst_s;
  if (!prediction.inside) {
    prediction.finding =
        "the failover took longer than the settings allow: dns.ttl is probably not 5 s everywhere "
        "(30 s would explain it)";
  }
  result.prediction = prediction;
  if (story.ever_failed_over) {
    result.client_spread = {
        {"readers", "client-us", 4.1, story.failover_s * 0.93, story.failover_s, 20, 0, {}},
        {"readers", "client-eu", 0.0, 0.0, 0.0, 20, 0, {}},
        {"comments", "client-us", 4.4, story.failover_s * 0.9, story.failover_s * 0.97, 10, 0, {}}};
  } else {
    result.client_spread = {
        {"readers", "client-us", std::nullopt, std::nullopt, std::nullopt, 20, 20, {}}};
  }
}

}  // namespace

Result drain(const Story& story) {
  Result result;
  describe_run(story, result);
  describe_probes(result);
  fill_series(story, result);
  fill_phases(story, result);
  fill_milestones(story, result);
  fill_integrity(story, result);
  fill_metrics(story, result);
  fill_actions(story, result);
  fill_events(story, result);
  fill_judgement(story, result);
  return result;
}

}  // namespace muster::sample
