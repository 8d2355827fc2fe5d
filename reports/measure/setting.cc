#include "reports/measure/setting.h"

#include <algorithm>

#include "base/text.h"

namespace muster {

namespace {

std::string or_zero(const std::string& digest) {
  return digest.starts_with("sha256:") && digest.size() > 7 ? digest : "sha256:0";
}

Result::VantageInfo vantage_info(const RunRecord& record, const std::string& name) {
  Result::VantageInfo info{name, name, "", ""};
  if (const Vantage* vantage = record.stack.vantage(name))
    info.region = vantage->region;
  else if (const StackHost* host = record.stack.host(name))
    info.region = host->region;
  const auto& out = record.regions_out;
  if (out.empty() || info.region.empty()) return info;
  const bool is_out = std::find(out.begin(), out.end(), info.region) != out.end();
  info.note = is_out ? "region out of service" : "takes over";
  return info;
}

/// What it asks for, in one line: the parameter that names the target.
std::string request_of(const ProbeSpec& probe) {
  for (const std::string_view key : {"url", "name", "address", "host", "put", "primary"}) {
    const json::value* value = find(probe.params.values(), key);
    if (value != nullptr && value->is_string()) return probe.params.text(key);
  }
  return "";
}

std::optional<double> slo_of(const Playbook& playbook, const std::string& probe) {
  for (const std::vector<Condition>* list : {&playbook.objectives, &playbook.steady}) {
    for (const Condition& condition : *list) {
      if (condition.metric == "latency_p99" && condition.probe == probe && condition.max)
        return *condition.max * 1e3;
    }
  }
  return std::nullopt;
}

Result::Action action_of(const Timeline& timeline, const ActionRecord& record) {
  Result::Action action;
  action.id = record.change.id;
  action.kind = record.fault;
  action.targets = {record.change.host};
  action.what = record.change.what;
  action.apply_text = record.change.apply.text();
  action.undo_text = record.change.undo.text();
  action.error = record.error;
  if (record.applied) {
    action.applied_s = timeline.seconds(record.applied->ended);
    action.evidence = record.applied->evidence;
  }
  if (record.undone) {
    if (timeline.record.covers(record.undone->began))
      action.undone_s = timeline.seconds(record.undone->ended);
    action.undo_verified = record.undone->clean();
    action.undo_state = name_of(record.undone->state);
    action.undo_evidence = record.undone->evidence;
    action.residue = record.undone->residue;
  }
  return action;
}

/// Shorter ones are in the samples.
constexpr Duration kWorthTelling = std::chrono::milliseconds(50);
constexpr std::size_t kMostStalls = 20;

struct MilestoneEvent {
  std::string_view milestone, kind, text;
};
constexpr MilestoneEvent kMilestoneEvents[] = {
    {"impact", "symptom", "first failed request"},
    {"detect", "detect", "first sign in the control plane"},
    {"failover", "failover", "every user is served well again"},
    {"recover", "recover", "every user is served well again"}};

void add_milestones(const Milestones& milestones, std::vector<Result::Event>& events) {
  for (const MilestoneEvent& each : kMilestoneEvents) {
    const MilestoneSpan* span = milestones.leading(each.milestone);
    const bool noted = std::any_of(
        events.begin(), events.end(), [&](const auto& event) { return event.kind == each.kind; });
    if (span == nullptr || noted || span->since_zero.censored ||
        span->since_zero.value.value_or(0) <= 0)
      continue;
    const Span& at = span->since_zero;
    const double bound = at.lo && at.hi ? rounded_seconds(from_seconds((*at.hi - *at.lo) / 2)) : 0;
    events.push_back(
        {"", *at.value, bound, std::string(each.kind), span->probe, std::string(each.text), ""});
  }
}

/// Times at which a prober stood still, the longest first; each once, whichever of its probes saw
/// it.
void add_stalls(const Timeline& timeline, std::vector<Result::Event>& events) {
  struct Stall {
    std::string vantage;
    Time from, to;
  };
  std::vector<Stall> stalls;
  for (const SampleSeries& series : timeline.record.series) {
    for (const Sample& sample : series.samples) {
      if (sample.kind != SampleKind::Stall || sample.done - sample.due < kWorthTelling) continue;
      const bool told = std::ranges::any_of(stalls, [&](const Stall& each) {
        return each.vantage == series.vantage && each.from < sample.done && sample.due < each.to;
      });
      if (!told) stalls.push_back({series.vantage, sample.due, sample.done});
    }
  }
  std::ranges::sort(stalls, std::greater(), [](const Stall& each) { return each.to - each.from; });
  if (stalls.size() > kMostStalls) stalls.resize(kMostStalls);
  for (const Stall& stall : stalls) {
    events.push_back({"",
                      timeline.seconds(stall.from),
                      0,
                      "stall",
                      stall.vantage,
                      fmt::format("the prober's machine let it stand still for {}",
                                  human_duration(stall.to - stall.from)),
                      ""});
  }
}

}  // namespace

std::string_view operation_of(const std::string& kind) {
  if (kind == "ledger" || kind == "object_store") return "write";
  constexpr std::string_view kReaders[] = {"http", "cdn", "dns", "tcp", "tls"};
  return std::ranges::find(kReaders, kind) != std::end(kReaders) ? "read" : "other";
}

Result::Run run_of(const Timeline& timeline) {
  const RunRecord& record = timeline.record;
  Result::Run run;
  run.id = record.id;
  run.number = record.number;
  run.drill = record.playbook.drill;
  run.service = record.stack.name;
  run.environment = record.stack.environment;
  run.labels = record.labels;
  run.trigger = record.triggered_by;
  run.started_at = record.utc(record.started);
  run.ended_at = record.utc(record.ended);
  if (timeline.injection) run.injected_at = record.utc(timeline.injection->at);
  run.state = name_of(record.state);
  run.abort = record.abort_reason;
  run.trial_group = record.trial_group.empty() ? record.id : record.trial_group;
  run.trial_index = record.trial;
  run.trial_of = std::max(record.playbook.trials, record.trial);
  run.seed = record.seed;
  run.version = MUSTER_VERSION;
  return run;
}

Result::PlaybookRef playbook_of(const RunRecord& record) {
  const Playbook& playbook = record.playbook;
  return {playbook.file,
          playbook.title,
          or_zero(playbook.digest),
          or_zero(playbook.series_key),
          playbook.text};
}

std::vector<Result::ClockOffset> offsets_of(const RunRecord& record) {
  std::vector<Result::ClockOffset> offsets;
  for (const AgentHealth& agent : record.agents) {
    offsets.push_back({agent.vantage,
                       rounded_seconds(agent.clock_offset) * 1e3,
                       rounded_seconds(agent.clock_bound) * 1e3});
  }
  return offsets;
}

std::vector<Result::VantageInfo> vantages_of(const RunRecord& record) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const SampleSeries& series : record.series) add(series.vantage);
  for (const AgentHealth& agent : record.agents) add(agent.vantage);
  if (names.empty()) {
    for (const Vantage& vantage : record.stack.vantages) add(vantage.name);
  }
  if (names.empty()) add("nowhere");  // the schema asks for one
  std::vector<Result::VantageInfo> vantages;
  for (const std::string& name : names) vantages.push_back(vantage_info(record, name));
  return vantages;
}

std::vector<Result::ProbeInfo> probes_of(const RunRecord& record) {
  std::vector<Result::ProbeInfo> probes;
  for (const ProbeSpec& spec : record.playbook.probes) {
    Result::ProbeInfo probe;
    probe.id = spec.name;
    probe.kind = spec.kind;
    probe.op = operation_of(spec.kind);
    probe.request = request_of(spec);
    probe.rate_per_s = spec.rate;
    if (spec.params.has("timeout"))
      probe.timeout_ms = to_seconds(spec.params.duration("timeout")) * 1e3;
    probe.arrivals = spec.poisson ? "poisson" : "even";
    probe.slo_ms = slo_of(record.playbook, spec.name);
    probe.clients = spec.clients;
    probes.push_back(std::move(probe));
  }
  return probes;
}

std::vector<Result::Action> actions_of(const Timeline& timeline) {
  std::vector<Result::Action> actions;
  for (const ActionRecord& record : timeline.record.actions)
    actions.push_back(action_of(timeline, record));
  return actions;
}

std::vector<Result::Event> events_of(const Timeline& timeline, const Milestones& milestones) {
  std::vector<Result::Event> events;
  for (const EventRecord& event : timeline.record.events) {
    events.push_back(
        {"", timeline.seconds(event.at), 0, event.kind, event.source, event.text, event.ref});
  }
  add_milestones(milestones, events);
  add_stalls(timeline, events);
  std::stable_sort(
      events.begin(), events.end(), [](const auto& a, const auto& b) { return a.t_s < b.t_s; });
  for (std::size_t i = 0; i < events.size(); ++i) events[i].id = fmt::format("e{}", i + 1);
  return events;
}

std::optional<Result::Samples> samples_of(const RunRecord& record) {
  if (record.sample_digest.empty()) return std::nullopt;
  std::uint64_t count = 0;
  for (const SampleSeries& series : record.series) count += series.samples.size();
  return Result::Samples{
      "samples", "muster.samples/1", count, record.sample_bytes, or_zero(record.sample_digest)};
}

std::vector<std::pair<std::string, bool>> checks_of(const RunRecord& record) {
  std::vector<std::pair<std::string, bool>> checks;
  for (const CheckRecord& check : record.checks) {
    std::string text = fmt::format("{}: {}", check.kind, check.text);
    if (!check.saw.empty() && check.saw != check.text) text += fmt::format(" ({})", check.saw);
    checks.emplace_back(std::move(text), check.held);
  }
  return checks;
}

std::vector<Result::EnvironmentItem> environment_of(const RunRecord& record) {
  std::vector<Result::EnvironmentItem> items;
  for (const auto& [key, value] : record.environment) items.push_back({key, value, "config"});
  items.push_back({"muster", MUSTER_VERSION, "build"});
  for (const AgentHealth& agent : record.agents) {
    items.push_back(
        {"send lag p99 at " + agent.vantage, human_duration(agent.send_lag_p99), "measured"});
    items.push_back(
        {"clock bound at " + agent.vantage, human_duration(agent.clock_bound), "measured"});
    items.push_back(
        {"real-time priority at " + agent.vantage, agent.realtime ? "yes" : "no", "measured"});
  }
  return items;
}

}  // namespace muster
