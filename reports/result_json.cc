#include "reports/earlier_json.h"
#include "reports/json_parts.h"
#include "reports/result.h"

// Result -> result.json. The order of the members is the order of the schema.
namespace muster {

namespace {

using json_parts::each;
using json_parts::number;
using json_parts::text_or_null;
using json_parts::texts;

json::object counts(const std::map<std::string, int>& items) {
  json::object out;
  for (const auto& [name, count] : items) out[name] = count;
  return out;
}

json::object run_json(const Result::Run& run) {
  json::object labels;
  for (const auto& [key, value] : run.labels) labels[key] = value;
  json::object out{{"id", run.id},
                   {"number", run.number},
                   {"drill", run.drill},
                   {"service", run.service},
                   {"environment", run.environment},
                   {"labels", std::move(labels)},
                   {"trigger", json::object{{"kind", run.trigger}}},
                   {"started_at", format_utc(run.started_at)}};
  out["injected_at"] = run.injected_at ? json::value(format_utc(*run.injected_at)) : nullptr;
  out["ended_at"] = format_utc(run.ended_at);
  out["state"] = run.state;
  if (run.abort.empty()) {
    out["abort"] = nullptr;
  } else {
    out["abort"] = json::object{{"reason", run.abort}};
  }
  out["trial"] =
      json::object{{"group", run.trial_group}, {"index", run.trial_index}, {"of", run.trial_of}};
  // The schema wants a signed integer, and JSON readers lose what is beyond 2^53 anyway.
  out["seed"] = static_cast<std::int64_t>(run.seed & ((1ULL << 53U) - 1));
  out["tool"] = json::object{{"version", run.version}};
  return out;
}

json::object playbook_json(const Result::PlaybookRef& playbook) {
  return {{"path", playbook.path},
          {"title", playbook.title},
          {"digest", playbook.digest},
          {"series_key", playbook.series_key},
          {"text", playbook.text}};
}

json::object offset_json(const Result::ClockOffset& offset) {
  return {
      {"vantage", offset.vantage}, {"offset_ms", offset.offset_ms}, {"bound_ms", offset.bound_ms}};
}

json::object vantage_json(const Result::VantageInfo& vantage) {
  json::object out{{"id", vantage.id}, {"name", vantage.name}};
  if (!vantage.region.empty()) out["region"] = vantage.region;
  if (!vantage.note.empty()) out["note"] = vantage.note;
  return out;
}

json::object probe_json(const Result::ProbeInfo& probe) {
  return {{"id", probe.id},
          {"kind", probe.kind},
          {"op", probe.op},
          {"request", probe.request},
          {"rate_per_s", probe.rate_per_s},
          {"timeout_ms", probe.timeout_ms},
          {"arrivals", probe.arrivals},
          {"slo_ms", number(probe.slo_ms)},
          {"clients", probe.clients}};
}

json::object phase_json(const Result::Phase& phase) {
  return {{"id", phase.id},
          {"name", phase.name},
          {"from_s", phase.from_s},
          {"to_s", number(phase.to_s)}};
}

json::object milestone_json(const Result::Milestone& milestone) {
  json::object out{{"id", milestone.id}};
  if (!milestone.vantage.empty()) out["vantage"] = milestone.vantage;
  if (!milestone.probe.empty()) out["probe"] = milestone.probe;
  out["rule"] = milestone.rule;
  out["value"] = number(milestone.value);
  out["lo"] = number(milestone.lo);
  out["hi"] = number(milestone.hi);
  out["censored"] = milestone.censored;
  return out;
}

json::object event_json(const Result::Event& event) {
  json::object out{{"id", event.id},
                   {"t_s", event.t_s},
                   {"bound_s", event.bound_s},
                   {"kind", event.kind},
                   {"source", event.source},
                   {"text", event.text}};
  if (!event.ref.empty()) out["ref"] = event.ref;
  return out;
}

json::object action_json(const Result::Action& action) {
  return {{"id", action.id},
          {"kind", action.kind},
          {"targets", texts(action.targets)},
          {"applied_s", number(action.applied_s)},
          {"undone_s", number(action.undone_s)},
          {"undo_verified", action.undo_verified},
          {"error", text_or_null(action.error)},
          {"what", action.what},
          {"undo_state", action.undo_state},
          {"apply_text", action.apply_text},
          {"undo_text", action.undo_text},
          {"evidence", action.evidence},
          {"undo_evidence", action.undo_evidence},
          {"residue", texts(action.residue)}};
}

json::object segment_json(const Result::Segment& segment) {
  return {{"from_s", segment.from_s}, {"to_s", segment.to_s}, {"bin_s", segment.bin_s}};
}

json::object row_json(const Result::SeriesRow& row) {
  json::array due, ok, fail, unknown, served_by, gauge;
  for (const double count : row.due) due.emplace_back(count);
  for (const auto& bin : row.ok) {
    json::array pairs;
    for (const auto& [latency, count] : bin) {
      pairs.emplace_back(latency);
      pairs.emplace_back(count);
    }
    ok.emplace_back(std::move(pairs));
  }
  for (const auto& bin : row.fail) {
    fail.emplace_back(bin.empty() ? json::value(0) : json::value(counts(bin)));
  }
  for (const int count : row.unknown) unknown.emplace_back(count);
  for (const auto& bin : row.served_by) served_by.emplace_back(counts(bin));
  for (const auto& value : row.gauge) gauge.emplace_back(number(value));
  json::object out{{"vantage", row.vantage},
                   {"probe", row.probe},
                   {"due", std::move(due)},
                   {"ok", std::move(ok)},
                   {"fail", std::move(fail)},
                   {"unknown", std::move(unknown)},
                   {"served_by", std::move(served_by)}};
  if (!gauge.empty()) out["gauge"] = std::move(gauge);
  return out;
}

json::object series_json(const Result::Series& series) {
  return {{"segments", each(series.segments, segment_json)},
          {"latency_bins",
           json::object{{"kind", "log2"},
                        {"lo_ms", series.latency_lo_ms},
                        {"per_octave", series.latency_per_octave},
                        {"count", series.latency_count}}},
          {"rows", each(series.rows, row_json)}};
}

json::value samples_json(const std::optional<Result::Samples>& samples) {
  if (!samples) return nullptr;
  return json::object{{"file", samples->file},
                      {"format", samples->format},
                      {"count", samples->count},
                      {"bytes", samples->bytes},
                      {"digest", samples->digest}};
}

json::object lost_json(const Result::WriteFate& fate) {
  return {{"t_s", fate.t_s}, {"key", fate.key}, {"vantage", fate.vantage}};
}

json::object stale_json(const Result::WriteFate& fate) {
  json::object out = lost_json(fate);
  out["seconds"] = number(fate.seconds);
  return out;
}

json::object integrity_json(const Result::Integrity& integrity) {
  return {{"acked", integrity.acked},
          {"refused", integrity.refused},
          {"unknown", integrity.unknown},
          {"unknown_found", integrity.unknown_found},
          {"unknown_missing", integrity.unknown_missing},
          {"checked", integrity.checked},
          {"lost", each(integrity.lost, lost_json)},
          {"lost_total", integrity.lost_total},
          {"stale", each(integrity.stale, stale_json)},
          {"stale_total", integrity.stale_total},
          {"duplicate_total", integrity.duplicate_total},
          {"worst_stale_s", number(integrity.worst_stale_s)},
          {"rule", integrity.rule}};
}

json::value interval_json(const Result::Metric& metric) {
  if (metric.interval_method.empty()) return nullptr;
  return json::object{{"lo", number(metric.lo)},
                      {"hi", number(metric.hi)},
                      {"level", metric.interval_method == "block-bootstrap" ? 0.95 : 1.0},
                      {"method", metric.interval_method},
                      {"means", "how well this run was measured"}};
}

json::value budget_json(const Result::Metric& metric) {
  if (metric.budget_op.empty()) return nullptr;
  return json::object{{"op", metric.budget_op}, {"value", number(metric.budget)}};
}

json::object metric_json(const Result::Metric& metric) {
  json::object scope;
  if (!metric.scope_probe.empty()) scope["probe"] = metric.scope_probe;
  if (!metric.scope_vantage.empty()) scope["vantage"] = metric.scope_vantage;
  if (!metric.scope_phase.empty()) scope["phase"] = metric.scope_phase;
  return {{"id", metric.id},
          {"name", metric.name},
          {"scope", std::move(scope)},
          {"unit", metric.unit},
          {"value", number(metric.value)},
          {"censored", metric.censored},
          {"interval", interval_json(metric)},
          {"better", metric.better},
          {"budget", budget_json(metric)},
          {"history", history_json(metric.history)},
          {"change", change_json(metric.change)},
          {"verdict", metric.verdict},
          {"reason", metric.reason}};
}

json::object validity_json(const Result::Validity& validity) {
  return {{"id", validity.id}, {"ok", validity.ok}, {"text", validity.text}};
}

json::object reason_json(const Result::Reason& reason) {
  return {{"metric", reason.metric}, {"text", reason.text}};
}

json::object verdict_json(const Result::Verdict& verdict) {
  return {{"status", verdict.status},
          {"exit_code", verdict.exit_code},
          {"headline", verdict.headline},
          {"detail", verdict.detail},
          {"reasons", each(verdict.reasons, reason_json)}};
}

json::object item_json(const Result::EnvironmentItem& item) {
  return {{"key", item.key}, {"value", item.value}, {"kind", item.kind}};
}

json::object stage_json(const Result::Prediction::Stage& stage) {
  return {{"name", stage.name},
          {"why", stage.why},
          {"best_s", stage.best_s},
          {"worst_s", stage.worst_s}};
}

json::value prediction_json(const std::optional<Result::Prediction>& prediction) {
  if (!prediction) return nullptr;
  return json::object{{"stages", each(prediction->stages, stage_json)},
                      {"best_s", prediction->best_s},
                      {"worst_s", prediction->worst_s},
                      {"measured_s", number(prediction->measured_s)},
                      {"users_unaffected", prediction->users_unaffected},
                      {"inside", prediction->inside},
                      {"finding", prediction->finding}};
}

json::object spread_json(const Result::ClientSpread& spread) {
  return {{"probe", spread.probe},
          {"vantage", spread.vantage},
          {"p50", number(spread.p50)},
          {"p95", number(spread.p95)},
          {"last", number(spread.last)},
          {"clients", spread.clients},
          {"never", spread.never},
          {"tail", json::value_from(spread.tail)}};
}

json::object place_delay_json(const Result::PlaceDelay& delay) {
  return {{"metric", delay.metric},
          {"probe", delay.probe},
          {"vantage", delay.vantage},
          {"place", delay.place},
          {"rounds", delay.rounds},
          {"never", delay.never},
          {"untold", delay.untold},
          {"p50", number(delay.p50)},
          {"longest", number(delay.longest)}};
}

json::object breakdown_json(const Result::BreakdownStage& stage) {
  return {{"name", stage.name},
          {"evidence", stage.evidence},
          {"from_s", stage.from_s},
          {"to_s", stage.to_s},
          {"lo", stage.lo},
          {"hi", stage.hi}};
}

json::object check_json(const std::pair<std::string, bool>& check) {
  return {{"text", check.first}, {"held", check.second}};
}

}  // namespace

json::object to_json(const Result& result) {
  return {{"schema", "muster.result/1"},
          {"run", run_json(result.run)},
          {"playbook", playbook_json(result.playbook)},
          {"clock",
           json::object{{"t0", "fault applied, on the controller's monotonic clock"},
                        {"offsets", each(result.clock_offsets, offset_json)}}},
          {"vantages", each(result.vantages, vantage_json)},
          {"probes", each(result.probes, probe_json)},
          {"phases", each(result.phases, phase_json)},
          {"milestones", each(result.milestones, milestone_json)},
          {"events", each(result.events, event_json)},
          {"actions", each(result.actions, action_json)},
          {"series", series_json(result.series)},
          {"samples", samples_json(result.samples)},
          {"integrity", integrity_json(result.integrity)},
          {"metrics", each(result.metrics, metric_json)},
          {"validity", each(result.validity, validity_json)},
          {"verdict", verdict_json(result.verdict)},
          {"environment",
           json::object{{"digest", result.environment_digest},
                        {"items", each(result.environment, item_json)}}},
          {"earlier", earlier_json(result.earlier)},
          {"changed", changed_json(result.changed)},
          {"series_step", step_json(result.series_step)},
          {"prediction", prediction_json(result.prediction)},
          {"breakdown", each(result.breakdown, breakdown_json)},
          {"client_spread", each(result.client_spread, spread_json)},
          {"place_delays", each(result.place_delays, place_delay_json)},
          {"checks", each(result.checks, check_json)}};
}

}  // namespace muster
