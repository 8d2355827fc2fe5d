#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace muster {

/// One drill run, judged: the typed form of result.json (docs/result.schema.json), the one source
/// of every output. Times are seconds from t0 = fault applied (from the start of the run where
/// nothing was injected); a missing number is nullopt, never 0. The members are named as in the
/// schema.
struct Result {
  struct Run {
    std::string id;
    std::int64_t number = 0;
    std::string drill, service, environment;
    std::map<std::string, std::string> labels;
    std::string trigger;  ///< "person", "schedule", "gate"
    UtcTime started_at, ended_at;
    std::optional<UtcTime> injected_at;
    std::string state;  ///< completed | aborted | interrupted | errored
    std::string abort;  ///< why, or ""
    std::string trial_group;
    int trial_index = 1, trial_of = 1;
    std::uint64_t seed = 0;
    std::string version;
  };
  struct PlaybookRef {
    std::string path, title, digest, series_key, text;
  };
  struct ClockOffset {
    std::string vantage;
    double offset_ms = 0, bound_ms = 0;
  };
  struct VantageInfo {
    std::string id, name, region, note;  ///< note: "region drained", "takes over"
  };
  struct ProbeInfo {
    std::string id, kind, op;  ///< op: read | write | other
    std::string request;
    double rate_per_s = 0, timeout_ms = 0;
    std::string arrivals = "even";
    std::optional<double> slo_ms;
    int clients = 1;
  };
  struct Phase {
    std::string id, name;  ///< id: baseline | undetected | failing-over | degraded | recovered |
                           ///< rolling-back | restored
    double from_s = 0;
    std::optional<double> to_s;
  };
  struct Milestone {
    std::string id;              ///< impact | detect | failover | recover | restored
    std::string vantage, probe;  ///< vantage "": the worst
    std::string rule;            ///< in words, as evaluated
    std::optional<double> value, lo, hi;
    bool censored = false;  ///< not reached before the run ended; value is then the end
  };
  struct Event {
    std::string id;
    double t_s = 0;
    double bound_s = 0;
    std::string kind, source, text, ref;
  };
  struct Action {
    std::string id, kind;
    std::vector<std::string> targets;
    std::optional<double> applied_s, undone_s;
    bool undo_verified = false;
    std::string error;  ///< "" : none
    std::string what,
        undo_state;  ///< undo_state: clean | clean-by-guard | target-gone | conflict | unknown
    std::string apply_text, undo_text, evidence, undo_evidence;
    std::vector<std::string> residue;
  };
  struct Segment {
    double from_s = 0, to_s = 0, bin_s = 1;
  };
  struct SeriesRow {
    std::string vantage, probe;
    std::vector<double> due;  ///< per bin
    std::vector<std::vector<std::pair<int, int>>>
        ok;  ///< per bin: (latency bin, count), latency from due
    std::vector<std::map<std::string, int>> fail;       ///< per bin: reason -> count
    std::vector<int> unknown;                           ///< per bin
    std::vector<std::map<std::string, int>> served_by;  ///< per bin: region -> count
    std::vector<std::optional<double>>
        gauge;  ///< per bin: last value (lag in bytes ...), else empty
  };
  struct Series {
    std::vector<Segment> segments;
    double latency_lo_ms = 1;
    int latency_per_octave = 4, latency_count = 53;
    std::vector<SeriesRow> rows;
  };
  struct Samples {
    std::string file, format;
    std::uint64_t count = 0, bytes = 0;
    std::string digest;
  };
  struct WriteFate {
    double t_s = 0;
    std::string key, vantage;
    std::optional<double> seconds;  ///< stale: how far behind
  };
  struct Integrity {
    std::int64_t acked = 0, refused = 0, unknown = 0, checked = 0, lost_total = 0, stale_total = 0,
                 duplicate_total = 0;
    std::int64_t unknown_found = 0, unknown_missing = 0;  ///< of the unknown, by reading
    std::vector<WriteFate> lost, stale;                   ///< the first 200
    std::optional<double> worst_stale_s;
    std::string rule;
  };
  /// What a metric was in the runs before that it may be held against, newest first.
  struct MetricHistory {
    std::vector<std::string> runs;
    std::vector<std::optional<double>> values;  ///< nothing: it was not reached
    std::optional<double> median;
  };
  /// How a metric stands against them (reports/history/regression.h).
  struct MetricChange {
    std::string test;  ///< prediction-interval | mann-whitney-exact | none
    std::size_t n_new = 0, n_old = 0;
    std::optional<double> ratio, lo, hi;  ///< of now to before
    std::optional<double> p;              ///< that a system that did not change is as bad
    double alpha = 0;
    double min_effect = 1;              ///< the smallest ratio that matters
    std::optional<double> usual_up_to;  ///< in the metric's unit: the good side of what is usual
    std::string result;                 ///< worse | better | same | unclear | too-few-runs
    std::string text;                   ///< one sentence with the numbers it rests on
  };
  struct Metric {
    std::string id, name;
    std::string scope_vantage, scope_phase, scope_probe;
    std::string unit;                     ///< s | ms | ratio | count | per_s | number
    std::optional<double> value, lo, hi;  ///< lo, hi: the interval of the measurement
    std::string interval_method;          ///< resolution | exact | block-bootstrap | ""
    bool censored = false;
    std::string better = "lower";
    std::string budget_op;  ///< "<=" | ">=" | "" : no budget
    std::optional<double> budget;
    std::optional<MetricHistory> history;
    std::optional<MetricChange> change;
    std::string verdict = "info";  ///< pass | fail | warn | info | inconclusive
    std::string reason;
  };
  struct Validity {
    std::string id;
    bool ok = true;
    std::string text;
  };
  struct Reason {
    std::string metric, text;
  };
  struct Verdict {
    std::string status;  ///< pass | fail | inconclusive | aborted | interrupted | broken
    int exit_code = 0;
    std::string headline, detail;
    std::vector<Reason> reasons;
  };
  struct EnvironmentItem {
    std::string key, value, kind;  ///< kind: config | build | measured
  };
  /// Share of the users' requests that failed, in equal bins from t0 + from_s on
  /// (reports/profile.h); NaN where nobody asked.
  struct Profile {
    double from_s = 0, bin_s = 1;
    std::vector<double> failed;
  };
  /// A run before that this one may be held against.
  struct EarlierRun {
    std::string id;
    std::int64_t number = 0;
    UtcTime started_at;
    std::string status;
    Profile profile;
  };
  struct SettingChange {
    std::string key, before, now;  ///< "": there was none
  };
  /// Where the runs of this drill became another series: found among more than can be judged, for
  /// people, never for a gate.
  struct SeriesStep {
    struct Moved {
      std::string metric, probe, unit;
      std::optional<double> before, after;  ///< medians on both sides; nothing: not reached
    };
    std::string run;  ///< the first run behind it
    std::int64_t number = 0;
    std::vector<Moved> moved;
    std::optional<std::vector<SettingChange>> changed;  ///< nothing: what they ran on is not known
  };
  /// The failover time that the stack's own settings predict, beside what was measured.
  struct Prediction {
    struct Stage {
      std::string name, why;
      double best_s = 0, worst_s = 0;
    };
    std::vector<Stage> stages;
    double best_s = 0, worst_s = 0;
    std::optional<double> measured_s;
    bool users_unaffected = false;
    bool inside = true;
    std::string finding;  ///< where outside: which setting is probably not what the stack says
  };
  /// A part of the failover time (breakdown.h), in seconds from t0; lo and hi: how long it took.
  struct BreakdownStage {
    std::string name, evidence;
    double from_s = 0, to_s = 0;
    double lo = 0, hi = 0;
  };
  /// Failover time over the clients of one probe and vantage.
  struct ClientSpread {
    std::string probe, vantage;
    std::optional<double> p50, p95, last;
    std::size_t clients = 0, never = 0;
    /// The tail: (seconds from t0, share of the clients not yet served well), falling; at most
    /// kMostTail steps.
    std::vector<std::pair<double, double>> tail;
    static constexpr std::size_t kMostTail = 64;
  };
  /// How long acts took to show at one place (reports/measure/propagation.h), seconds; p50 is
  /// nothing where it falls among those that never showed.
  struct PlaceDelay {
    std::string metric, probe, vantage, place;
    std::size_t rounds = 0;              ///< acts that were looked for there
    std::size_t never = 0;               ///< of those, not shown as long as it was looked
    std::size_t untold = 0;              ///< of those, the place told nothing
    std::optional<double> p50, longest;  ///< longest: of those that were shown
  };

  Run run;
  PlaybookRef playbook;
  std::vector<ClockOffset> clock_offsets;
  std::vector<VantageInfo> vantages;
  std::vector<ProbeInfo> probes;
  std::vector<Phase> phases;
  std::vector<Milestone> milestones;
  std::vector<Event> events;
  std::vector<Action> actions;
  Series series;
  std::optional<Samples> samples;
  Integrity integrity;
  std::vector<Metric> metrics;
  std::vector<Validity> validity;
  Verdict verdict;
  std::string environment_digest;
  std::vector<EnvironmentItem> environment;
  std::vector<EarlierRun> earlier;  ///< newest first, at most 20
  /// Against the newest of them; nothing where there is none, or it does not say what it ran on.
  std::optional<std::vector<SettingChange>> changed;
  std::optional<SeriesStep> series_step;  ///< the newest
  std::optional<Prediction> prediction;
  std::vector<BreakdownStage> breakdown;
  std::vector<ClientSpread> client_spread;
  std::vector<PlaceDelay> place_delays;
  std::vector<std::pair<std::string, bool>>
      checks;  ///< steady, await, expect in words, and whether they held
};

json::object to_json(const Result& result);
/// Throws Error where a required member is missing or of another type, or the schema is not
/// muster.result/1.
Result result_from_json(const json::object& object);

}  // namespace muster
