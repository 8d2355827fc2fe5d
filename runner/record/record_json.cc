#include "runner/record/record_json.h"

#include "probes/agent_protocol.h"
#include "runner/record/drill_json.h"

namespace muster {

namespace {

std::int64_t nanoseconds(Time at) {
  return at.time_since_epoch().count();
}

Time time_at(const json::object& object, std::string_view key) {
  return Time(duration_at(object, key));
}

Time time_or(const json::object& object, std::string_view key, Time otherwise) {
  return find(object, key) == nullptr ? otherwise : time_at(object, key);
}

std::string text_or_none(const json::object& object, std::string_view key) {
  return find(object, key) == nullptr ? std::string() : text_at(object, key);
}

json::object pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  json::object object;
  for (const auto& [key, value] : pairs) object[key] = value;
  return object;
}

json::object stage_json(const PredictedStage& stage) {
  return {{"name", stage.name},
          {"why", stage.why},
          {"best", stage.best.count()},
          {"worst", stage.worst.count()}};
}

PredictedStage stage_from_json(const json::object& object) {
  return {text_at(object, "name"),
          text_at(object, "why"),
          duration_at(object, "best"),
          duration_at(object, "worst")};
}

Undone::State state_from(std::string_view name) {
  using State = Undone::State;
  for (const State each : {State::Clean, State::CleanByGuard, State::TargetGone, State::Conflict}) {
    if (name_of(each) == name) return each;
  }
  return State::Unknown;
}

}  // namespace

json::object opening_json(const RunRecord& record) {
  json::object detail;
  detail["clock"] = nanoseconds(record.started);
  detail["number"] = record.number;
  detail["seed"] = record.seed;
  detail["trial"] = record.trial;
  detail["trial_group"] = record.trial_group;
  detail["trigger"] = record.triggered_by;
  detail["labels"] = pairs_json({record.labels.begin(), record.labels.end()});
  detail["environment"] = pairs_json(record.environment);
  detail["regions_out"] = json::array(record.regions_out.begin(), record.regions_out.end());
  detail["users_unaffected"] = record.users_unaffected;
  json::array predicted;
  for (const PredictedStage& stage : record.predicted) predicted.push_back(stage_json(stage));
  detail["predicted"] = std::move(predicted);
  detail["drill"] = judged_drill_json(record.playbook, record.stack);
  return detail;
}

void take_opening(const json::object& detail, RunRecord& record) {
  record.started = time_at(detail, "clock");
  record.number = integer_at(detail, "number");
  record.seed = at(detail, "seed").to_number<std::uint64_t>();
  record.trial = static_cast<int>(integer_at(detail, "trial"));
  record.trial_group = text_at(detail, "trial_group");
  record.triggered_by = text_at(detail, "trigger");
  for (const auto& [key, value] : at(detail, "labels").as_object())
    record.labels[key] = value.as_string();
  for (const auto& [key, value] : at(detail, "environment").as_object())
    record.environment.emplace_back(key, value.as_string());
  record.regions_out = Params(detail).list("regions_out");
  record.users_unaffected = flag_at(detail, "users_unaffected");
  for (const json::value& stage : at(detail, "predicted").as_array())
    record.predicted.push_back(stage_from_json(stage.as_object()));
  Drill drill = judged_drill_from_json(at(detail, "drill").as_object());
  record.playbook = std::move(drill.playbook);
  record.stack = std::move(drill.stack);
}

json::object baseline_json(const RunRecord& record) {
  json::object detail;
  if (record.baseline_began) detail["began"] = nanoseconds(*record.baseline_began);
  detail["ended"] = nanoseconds(*record.baseline_ended);
  return detail;
}

void take_baseline(const json::object& detail, RunRecord& record) {
  if (find(detail, "began") != nullptr) record.baseline_began = time_at(detail, "began");
  record.baseline_ended = time_at(detail, "ended");
}

json::object event_json(const EventRecord& event) {
  return {{"at", nanoseconds(event.at)},
          {"event", event.kind},
          {"text", event.text},
          {"source", event.source},
          {"ref", event.ref}};
}

EventRecord event_from_json(const json::object& detail) {
  return {time_at(detail, "at"),
          text_at(detail, "event"),
          text_or_none(detail, "source"),
          text_at(detail, "text"),
          text_or_none(detail, "ref")};
}

json::object check_json(const CheckRecord& check) {
  return {{"at", nanoseconds(check.at)},
          {"check", check.kind},
          {"text", check.text},
          {"held", check.held},
          {"waited", check.waited.count()},
          {"saw", check.saw}};
}

CheckRecord check_from_json(const json::object& detail) {
  return {text_at(detail, "check"),
          text_at(detail, "text"),
          flag_at(detail, "held"),
          time_at(detail, "at"),
          duration_at(detail, "waited"),
          text_at(detail, "saw")};
}

json::object agents_json(const std::vector<AgentHealth>& agents) {
  json::array list;
  for (const AgentHealth& agent : agents) {
    json::object entry = health_to_json(agent);
    entry["vantage"] = agent.vantage;
    entry["clock_offset"] = agent.clock_offset.count();
    entry["clock_bound"] = agent.clock_bound.count();
    entry["clock_steps"] = agent.clock_steps;
    entry["died"] = agent.died;
    list.push_back(std::move(entry));
  }
  return {{"agents", std::move(list)}};
}

std::vector<AgentHealth> agents_from_json(const json::object& detail) {
  std::vector<AgentHealth> agents;
  for (const json::value& each : at(detail, "agents").as_array()) {
    const json::object& entry = each.as_object();
    AgentHealth agent = health_from_json(entry);
    agent.vantage = text_at(entry, "vantage");
    agent.clock_offset = duration_at(entry, "clock_offset");
    agent.clock_bound = duration_at(entry, "clock_bound");
    agent.clock_steps = static_cast<int>(integer_at(entry, "clock_steps"));
    agent.died = text_at(entry, "died");
    agents.push_back(std::move(agent));
  }
  return agents;
}

json::object applied_json(const Applied& applied) {
  return {{"began", nanoseconds(applied.began)},
          {"ended", nanoseconds(applied.ended)},
          {"observed", nanoseconds(applied.observed)},
          {"evidence", applied.evidence}};
}

Applied applied_from_json(const json::object& detail, Time otherwise) {
  return {time_or(detail, "began", otherwise),
          time_or(detail, "ended", otherwise),
          time_or(detail, "observed", otherwise),
          text_or_none(detail, "evidence")};
}

json::object undone_json(const Undone& undone) {
  const std::string_view state = name_of(undone.state);
  json::object detail;
  detail["state"] = json::string(state.data(), state.size());
  detail["clean"] = undone.clean();
  detail["evidence"] = undone.evidence;
  detail["began"] = nanoseconds(undone.began);
  detail["ended"] = nanoseconds(undone.ended);
  detail["observed"] = nanoseconds(undone.observed);
  if (!undone.residue.empty())
    detail["residue"] = json::array(undone.residue.begin(), undone.residue.end());
  return detail;
}

Undone undone_from_json(const json::object& detail, Time otherwise) {
  return {state_from(text_at(detail, "state")),
          time_or(detail, "began", otherwise),
          time_or(detail, "ended", otherwise),
          time_or(detail, "observed", otherwise),
          text_at(detail, "evidence"),
          Params(detail).list("residue")};
}

}  // namespace muster
