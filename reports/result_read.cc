#include "base/error.h"
#include "reports/earlier_json.h"
#include "reports/json_parts.h"
#include "reports/result.h"

// result.json -> Result. Required members are those of the schema; what muster added may be absent.
// Unknown members and enum values are left alone, as the schema asks of its readers.
namespace muster {

namespace {

using json_parts::array_at;
using json_parts::each;
using json_parts::each_if_any;
using json_parts::nullable_at;
using json_parts::object_at;
using json_parts::optional_flag;
using json_parts::optional_integer;
using json_parts::optional_number;
using json_parts::optional_text;
using json_parts::texts_of;
using json_parts::utc_at;

int integer_of(const json::value& value) {
  if (!value.is_int64()) fail("a count of the series is not a whole number");
  return static_cast<int>(value.get_int64());
}

std::map<std::string, int> counts_of(const json::value& value) {
  std::map<std::string, int> out;
  if (!value.is_object()) return out;
  for (const auto& [name, count] : value.get_object()) {
    out.emplace(std::string(name.data(), name.size()), integer_of(count));
  }
  return out;
}

Result::Run read_run(const json::object& from) {
  Result::Run run;
  run.id = text_at(from, "id");
  run.number = optional_integer(from, "number");
  run.drill = text_at(from, "drill");
  run.service = text_at(from, "service");
  run.environment = text_at(from, "environment");
  if (find(from, "labels") != nullptr) {
    const json::object& labels = object_at(from, "labels");
    for (const auto& [key, value] : labels) {
      run.labels.emplace(std::string(key.data(), key.size()),
                         text_at(labels, std::string_view(key.data(), key.size())));
    }
  }
  if (find(from, "trigger") != nullptr)
    run.trigger = optional_text(object_at(from, "trigger"), "kind");
  run.started_at = utc_at(from, "started_at");
  run.ended_at = utc_at(from, "ended_at");
  if (find(from, "injected_at") != nullptr) run.injected_at = utc_at(from, "injected_at");
  run.state = text_at(from, "state");
  if (find(from, "abort") != nullptr) run.abort = optional_text(object_at(from, "abort"), "reason");
  if (find(from, "trial") != nullptr) {
    const json::object& trial = object_at(from, "trial");
    run.trial_group = optional_text(trial, "group");
    run.trial_index = static_cast<int>(optional_integer(trial, "index", 1));
    run.trial_of = static_cast<int>(optional_integer(trial, "of", 1));
  }
  run.seed = static_cast<std::uint64_t>(optional_integer(from, "seed"));
  run.version = text_at(object_at(from, "tool"), "version");
  return run;
}

Result::PlaybookRef read_playbook(const json::object& from) {
  return {text_at(from, "path"),
          optional_text(from, "title"),
          text_at(from, "digest"),
          text_at(from, "series_key"),
          optional_text(from, "text")};
}

Result::ClockOffset read_offset(const json::object& from) {
  return {text_at(from, "vantage"), number_at(from, "offset_ms"), number_at(from, "bound_ms")};
}

Result::VantageInfo read_vantage(const json::object& from) {
  return {text_at(from, "id"),
          text_at(from, "name"),
          optional_text(from, "region"),
          optional_text(from, "note")};
}

Result::ProbeInfo read_probe(const json::object& from) {
  Result::ProbeInfo probe;
  probe.id = text_at(from, "id");
  probe.kind = optional_text(from, "kind");
  probe.op = text_at(from, "op");
  probe.request = optional_text(from, "request");
  probe.rate_per_s = number_at(from, "rate_per_s");
  probe.timeout_ms = number_at(from, "timeout_ms");
  probe.arrivals = text_at(from, "arrivals");
  probe.slo_ms = optional_number(from, "slo_ms");
  probe.clients = static_cast<int>(optional_integer(from, "clients", 1));
  return probe;
}

Result::Phase read_phase(const json::object& from) {
  return {text_at(from, "id"),
          text_at(from, "name"),
          number_at(from, "from_s"),
          optional_number(from, "to_s")};
}

Result::Milestone read_milestone(const json::object& from) {
  return {text_at(from, "id"),
          optional_text(from, "vantage"),
          optional_text(from, "probe"),
          text_at(from, "rule"),
          nullable_at(from, "value"),
          optional_number(from, "lo"),
          optional_number(from, "hi"),
          flag_at(from, "censored")};
}

Result::Event read_event(const json::object& from) {
  return {text_at(from, "id"),
          number_at(from, "t_s"),
          optional_number(from, "bound_s").value_or(0),
          text_at(from, "kind"),
          text_at(from, "source"),
          text_at(from, "text"),
          optional_text(from, "ref")};
}

Result::Action read_action(const json::object& from) {
  Result::Action action;
  action.id = text_at(from, "id");
  action.kind = text_at(from, "kind");
  array_at(from, "targets");
  action.targets = texts_of(from, "targets");
  action.applied_s = nullable_at(from, "applied_s");
  action.undone_s = nullable_at(from, "undone_s");
  action.undo_verified = flag_at(from, "undo_verified");
  action.error = optional_text(from, "error");
  action.what = optional_text(from, "what");
  action.undo_state = optional_text(from, "undo_state");
  action.apply_text = optional_text(from, "apply_text");
  action.undo_text = optional_text(from, "undo_text");
  action.evidence = optional_text(from, "evidence");
  action.undo_evidence = optional_text(from, "undo_evidence");
  action.residue = texts_of(from, "residue");
  return action;
}

Result::Segment read_segment(const json::object& from) {
  return {number_at(from, "from_s"), number_at(from, "to_s"), number_at(from, "bin_s")};
}

std::vector<std::pair<int, int>> read_latencies(const json::value& bin) {
  std::vector<std::pair<int, int>> out;
  if (!bin.is_array()) return out;
  const json::array& flat = bin.get_array();
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
    out.emplace_back(integer_of(flat[i]), integer_of(flat[i + 1]));
  }
  return out;
}

Result::SeriesRow read_row(const json::object& from) {
  Result::SeriesRow row;
  row.vantage = text_at(from, "vantage");
  row.probe = text_at(from, "probe");
  for (const json::value& bin : array_at(from, "ok")) row.ok.push_back(read_latencies(bin));
  if (at(from, "due").is_array()) {
    for (const json::value& bin : at(from, "due").get_array())
      row.due.push_back(bin.to_number<double>());
  } else {
    row.due.assign(row.ok.size(), number_at(from, "due"));
  }
  for (const json::value& bin : array_at(from, "fail")) row.fail.push_back(counts_of(bin));
  if (find(from, "unknown") != nullptr) {
    for (const json::value& bin : array_at(from, "unknown")) row.unknown.push_back(integer_of(bin));
  }
  if (find(from, "served_by") != nullptr) {
    for (const json::value& bin : array_at(from, "served_by"))
      row.served_by.push_back(counts_of(bin));
  }
  if (find(from, "gauge") != nullptr) {
    for (const json::value& bin : array_at(from, "gauge")) {
      row.gauge.push_back(bin.is_null() ? std::nullopt : std::optional(bin.to_number<double>()));
    }
  }
  return row;
}

Result::Series read_series(const json::object& from) {
  Result::Series series;
  series.segments = each(from, "segments", read_segment);
  const json::object& bins = object_at(from, "latency_bins");
  series.latency_lo_ms = number_at(bins, "lo_ms");
  series.latency_per_octave = static_cast<int>(integer_at(bins, "per_octave"));
  series.latency_count = static_cast<int>(integer_at(bins, "count"));
  series.rows = each(from, "rows", read_row);
  return series;
}

Result::Samples read_samples(const json::object& from) {
  return {text_at(from, "file"),
          text_at(from, "format"),
          static_cast<std::uint64_t>(integer_at(from, "count")),
          static_cast<std::uint64_t>(integer_at(from, "bytes")),
          text_at(from, "digest")};
}

Result::WriteFate read_fate(const json::object& from) {
  return {optional_number(from, "t_s").value_or(0),
          optional_text(from, "key"),
          optional_text(from, "vantage"),
          optional_number(from, "seconds")};
}

Result::Integrity read_integrity(const json::object& from) {
  Result::Integrity integrity;
  integrity.acked = integer_at(from, "acked");
  integrity.refused = optional_integer(from, "refused");
  integrity.unknown = integer_at(from, "unknown");
  integrity.unknown_found = optional_integer(from, "unknown_found");
  integrity.unknown_missing = optional_integer(from, "unknown_missing");
  integrity.checked = integer_at(from, "checked");
  integrity.lost = each(from, "lost", read_fate);
  integrity.stale = each(from, "stale", read_fate);
  integrity.lost_total =
      optional_integer(from, "lost_total", static_cast<std::int64_t>(integrity.lost.size()));
  integrity.stale_total =
      optional_integer(from, "stale_total", static_cast<std::int64_t>(integrity.stale.size()));
  integrity.duplicate_total = optional_integer(from, "duplicate_total");
  integrity.worst_stale_s = optional_number(from, "worst_stale_s");
  integrity.rule = text_at(from, "rule");
  return integrity;
}

Result::Metric read_metric(const json::object& from) {
  Result::Metric metric;
  metric.id = text_at(from, "id");
  metric.name = optional_text(from, "name");
  if (find(from, "scope") != nullptr) {
    const json::object& scope = object_at(from, "scope");
    metric.scope_vantage = optional_text(scope, "vantage");
    metric.scope_phase = optional_text(scope, "phase");
    metric.scope_probe = optional_text(scope, "probe");
  }
  metric.unit = text_at(from, "unit");
  metric.value = nullable_at(from, "value");
  metric.censored = optional_flag(from, "censored", false);
  if (find(from, "interval") != nullptr) {
    const json::object& interval = object_at(from, "interval");
    metric.lo = nullable_at(interval, "lo");
    metric.hi = nullable_at(interval, "hi");
    metric.interval_method = text_at(interval, "method");
  }
  metric.better = text_at(from, "better");
  if (find(from, "budget") != nullptr) {
    metric.budget_op = text_at(object_at(from, "budget"), "op");
    metric.budget = nullable_at(object_at(from, "budget"), "value");
  }
  metric.history = history_from(from);
  metric.change = change_from(from);
  metric.verdict = text_at(from, "verdict");
  metric.reason = text_at(from, "reason");
  return metric;
}

Result::Validity read_validity(const json::object& from) {
  return {text_at(from, "id"), flag_at(from, "ok"), text_at(from, "text")};
}

Result::Reason read_reason(const json::object& from) {
  return {text_at(from, "metric"), text_at(from, "text")};
}

Result::Verdict read_verdict(const json::object& from) {
  return {text_at(from, "status"),
          static_cast<int>(integer_at(from, "exit_code")),
          text_at(from, "headline"),
          optional_text(from, "detail"),
          each(from, "reasons", read_reason)};
}

Result::EnvironmentItem read_item(const json::object& from) {
  return {text_at(from, "key"), text_at(from, "value"), text_at(from, "kind")};
}

Result::Prediction::Stage read_stage(const json::object& from) {
  return {text_at(from, "name"),
          text_at(from, "why"),
          number_at(from, "best_s"),
          number_at(from, "worst_s")};
}

Result::Prediction read_prediction(const json::object& from) {
  Result::Prediction prediction;
  prediction.stages = each(from, "stages", read_stage);
  prediction.best_s = number_at(from, "best_s");
  prediction.worst_s = number_at(from, "worst_s");
  prediction.measured_s = optional_number(from, "measured_s");
  prediction.users_unaffected = flag_at(from, "users_unaffected");
  prediction.inside = flag_at(from, "inside");
  prediction.finding = text_at(from, "finding");
  return prediction;
}

Result::ClientSpread read_spread(const json::object& from) {
  Result::ClientSpread spread{text_at(from, "probe"),
                              text_at(from, "vantage"),
                              optional_number(from, "p50"),
                              optional_number(from, "p95"),
                              optional_number(from, "last"),
                              static_cast<std::size_t>(integer_at(from, "clients")),
                              static_cast<std::size_t>(integer_at(from, "never")),
                              {}};
  if (find(from, "tail") == nullptr) return spread;
  for (const json::value& step : at(from, "tail").as_array()) {
    const json::array& pair = step.as_array();
    spread.tail.emplace_back(pair.at(0).to_number<double>(), pair.at(1).to_number<double>());
  }
  return spread;
}

Result::PlaceDelay read_place_delay(const json::object& from) {
  return {text_at(from, "metric"),
          text_at(from, "probe"),
          text_at(from, "vantage"),
          text_at(from, "place"),
          static_cast<std::size_t>(integer_at(from, "rounds")),
          static_cast<std::size_t>(integer_at(from, "never")),
          static_cast<std::size_t>(integer_at(from, "untold")),
          optional_number(from, "p50"),
          optional_number(from, "longest")};
}

Result::BreakdownStage read_breakdown(const json::object& from) {
  return {text_at(from, "name"),
          text_at(from, "evidence"),
          number_at(from, "from_s"),
          number_at(from, "to_s"),
          number_at(from, "lo"),
          number_at(from, "hi")};
}

std::pair<std::string, bool> read_check(const json::object& from) {
  return {text_at(from, "text"), flag_at(from, "held")};
}

void read_additions(const json::object& from, Result& result) {
  result.earlier = earlier_from(from);
  result.changed = changed_from(from);
  result.series_step = step_from(from);
  if (find(from, "prediction") != nullptr)
    result.prediction = read_prediction(object_at(from, "prediction"));
  result.breakdown = each_if_any(from, "breakdown", read_breakdown);
  result.client_spread = each_if_any(from, "client_spread", read_spread);
  result.place_delays = each_if_any(from, "place_delays", read_place_delay);
  result.checks = each_if_any(from, "checks", read_check);
}

}  // namespace

Result result_from_json(const json::object& object) {
  const std::string schema = text_at(object, "schema");
  if (schema != "muster.result/1") {
    fail("the schema is '{}'; this muster reads muster.result/1", schema);
  }
  Result result;
  result.run = read_run(object_at(object, "run"));
  result.playbook = read_playbook(object_at(object, "playbook"));
  result.clock_offsets = each(object_at(object, "clock"), "offsets", read_offset);
  result.vantages = each(object, "vantages", read_vantage);
  result.probes = each(object, "probes", read_probe);
  result.phases = each(object, "phases", read_phase);
  result.milestones = each(object, "milestones", read_milestone);
  result.events = each(object, "events", read_event);
  result.actions = each(object, "actions", read_action);
  result.series = read_series(object_at(object, "series"));
  if (find(object, "samples") != nullptr)
    result.samples = read_samples(object_at(object, "samples"));
  result.integrity = read_integrity(object_at(object, "integrity"));
  result.metrics = each(object, "metrics", read_metric);
  result.validity = each(object, "validity", read_validity);
  result.verdict = read_verdict(object_at(object, "verdict"));
  result.environment_digest = text_at(object_at(object, "environment"), "digest");
  result.environment = each(object_at(object, "environment"), "items", read_item);
  read_additions(object, result);
  return result;
}

}  // namespace muster
