#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "runner/record/run_store.h"
#include "runner/serve/routes.h"
#include "runner/serve/schema.h"
#include "runner/serve/site_views.h"

namespace muster {

namespace {

constexpr std::size_t kMostListed = 500;
constexpr const char* kJson = "application/json";

/// A number of `name` in the query, at most `kMostListed`; nothing where it is none.
std::optional<std::size_t> limit_of(const RoutedRequest& request, std::size_t usual) {
  const std::string text = query(request, "limit");
  if (text.empty()) return usual;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0) return std::nullopt;
  return std::min(limit, kMostListed);
}

json::object run_json(const HistoryRun& run) {
  json::object object;
  object["run"] = run.id;
  object["number"] = run.number;
  object["drill"] = run.drill;
  object["environment"] = run.environment;
  object["version"] = run.version;
  object["started_at"] = format_utc(run.started);
  object["ended_at"] = format_utc(run.ended);
  object["status"] = run.status;
  object["exit_code"] = run.exit_code;
  object["headline"] = run.headline;
  return object;
}

json::object occurrence_json(const Occurrence& occurrence) {
  json::object object;
  object["drill"] = occurrence.schedule;
  object["due"] = format_utc(occurrence.due);
  object["at"] = format_utc(occurrence.at);
  object["state"] = occurrence.state;
  object["run"] = occurrence.run;
  object["why"] = occurrence.why;
  return object;
}

json::array turns_json(const std::vector<TurnAhead>& turns) {
  json::array list;
  for (const TurnAhead& ahead : turns) {
    json::object each;
    each["begin"] = format_utc(ahead.turn.begin);
    each["end"] = format_utc(ahead.turn.end);
    each["at"] = ahead.at ? format_utc(*ahead.at) : "";
    each["excluded"] = ahead.turn.excluded;
    each["why"] = ahead.why;
    list.emplace_back(std::move(each));
  }
  return list;
}

json::object drill_json(const Desk& desk, const ScheduledDrill& drill, const KnownTurns& known) {
  json::object object;
  object["name"] = drill.name();
  object["drill"] = drill.drill;
  object["title"] = drill.title;
  object["owner"] = drill.owner;
  object["stack"] = drill.stack;
  object["environment"] = drill.environment;
  object["when"] = drill.schedule.settings().when;
  object["time_zone"] = drill.schedule.settings().time_zone;
  object["meaning"] = drill.schedule.meaning();
  object["enabled"] = drill.schedule.settings().enabled;
  object["overdue"] = desk.scheduler.overdue().contains(drill.name());
  object["next"] = turns_json(turns_ahead(drill, known, desk.clock.utc_now(), 1));
  return object;
}

json::object status_json(const Desk& desk) {
  const SiteContext site = site_context(desk, {});
  json::array running;
  for (const SiteRunning& each : site.state.running)
    running.emplace_back(json::object{{"run", each.run},
                                      {"drill", each.drill},
                                      {"doing", each.doing},
                                      {"started_at", format_utc(each.started)}});
  json::array left;
  for (const std::string& each : site.state.left_in_force) left.emplace_back(each);
  json::object object;
  object["server"] = desk.server;
  object["now"] = format_utc(site.now);
  object["lever"] = site.state.lever;
  object["left_in_force"] = std::move(left);
  object["running"] = std::move(running);
  object["store_trouble"] = site.state.store_trouble;
  object["clock_doubt"] = site.state.clock_doubt;
  return object;
}

Task<WebResponse> schedule_answer(const Desk& desk, std::size_t limit) {
  const KnownTurns planned = co_await known_turns(desk);
  json::array ahead;
  for (const ScheduledDrill& drill : desk.drills) {
    json::object each;
    each["drill"] = drill.name();
    each["turns"] = turns_json(turns_ahead(drill, planned, desk.clock.utc_now(), limit));
    ahead.emplace_back(std::move(each));
  }
  auto read = [limit](Store& store) {
    return store.occurrences("", limit);
  };
  const std::vector<Occurrence> known = co_await desk.store.ask(std::move(read));
  json::array behind;
  for (const Occurrence& each : known) behind.emplace_back(occurrence_json(each));
  co_return json_answer(
      json::object{{"ahead", std::move(ahead)}, {"occurrences", std::move(behind)}});
}

Task<WebResponse> runs_answer(const Desk& desk, std::string drill, std::size_t limit) {
  auto read = [drill, limit](Store& store) {
    return store.history().runs(drill, limit);
  };
  const std::vector<HistoryRun> runs = co_await desk.store.ask(std::move(read));
  json::array list;
  for (const HistoryRun& run : runs) list.emplace_back(run_json(run));
  co_return json_answer(json::object{{"runs", std::move(list)}});
}

Task<WebResponse> run_answer(const Desk& desk, std::string id, std::string format) {
  const ReportFormat* wanted = report_format(format.empty() ? "json" : format);
  if (wanted == nullptr) co_return problem(400, "there is no such format");
  ResultShelf::Kept result = co_await result_of(desk, std::move(id));
  if (!result) co_return problem(404, "there is no such run, or it has no result yet");
  WebResponse response;
  response.type = format.empty() || format == "json" ? "application/json"
                  : format == "html"                 ? "text/html; charset=utf-8"
                                                     : "text/plain; charset=utf-8";
  response.body = co_await rendered(desk, *wanted, std::move(result));
  co_return response;
}

// ---- one function for each route

/// Whether it can do its work: a server that cannot ask its store starts nothing and allows
/// nothing.
Task<WebResponse> health(const Desk& desk, RoutedRequest) {
  const bool well = desk.scheduler.store_trouble().empty();
  json::object object;
  object["status"] = well ? "ok" : "store";
  co_return json_answer(object, well ? 200 : 503);
}

Task<WebResponse> status(const Desk& desk, RoutedRequest) {
  co_return json_answer(status_json(desk));
}

Task<WebResponse> drills(const Desk& desk, RoutedRequest) {
  const KnownTurns known = co_await known_turns(desk);
  json::array list;
  for (const ScheduledDrill& each : desk.drills) list.emplace_back(drill_json(desk, each, known));
  co_return json_answer(json::object{{"drills", std::move(list)}});
}

Task<WebResponse> schedule(const Desk& desk, RoutedRequest request) {
  const auto limit = limit_of(request, 10);
  if (!limit) co_return problem(400, "limit is a number from 1 to 500");
  co_return co_await schedule_answer(desk, *limit);
}

Task<WebResponse> runs(const Desk& desk, RoutedRequest request) {
  const auto limit = limit_of(request, 50);
  if (!limit) co_return problem(400, "limit is a number from 1 to 500");
  std::string drill = query(request, "drill");
  co_return co_await runs_answer(desk, std::move(drill), *limit);
}

Task<WebResponse> run(const Desk& desk, RoutedRequest request) {
  std::string id = parameter(request, "id");
  std::string format = query(request, "format");
  co_return co_await run_answer(desk, std::move(id), std::move(format));
}

Task<WebResponse> start(const Desk& desk, RoutedRequest request, Effect effect) {
  std::string name = parameter(request, "name");
  co_return co_await start_drill(desk, std::move(name), std::move(request.caller), effect);
}

Task<WebResponse> stop(const Desk& desk, RoutedRequest request, Effect effect) {
  std::string id = parameter(request, "id");
  co_return co_await stop_run(desk, std::move(id), std::move(request.caller), effect);
}

/// Nothing that a body says, or fails to say, keeps a halt back.
std::string reason_of_halt(const std::string& body) {
  boost::system::error_code no_json;
  const json::value said = json::parse(body, no_json);
  if (no_json || !said.is_object()) return "over the API";
  const json::value* const reason = find(said.as_object(), "reason");
  const bool given = reason != nullptr && reason->is_string() && !reason->as_string().empty();
  return given ? std::string(reason->as_string()) : "over the API";
}

Task<WebResponse> halt_all(const Desk& desk, RoutedRequest request, Effect effect) {
  co_return halt(desk, request.caller, reason_of_halt(request.web.body), effect);
}

Task<WebResponse> release_all(const Desk& desk, RoutedRequest request, Effect effect) {
  co_return release(desk, request.caller, effect);
}

// ---- what they answer

using schema::Field;

json::object health_schema() {
  return schema::object({{"status", schema::text()}});
}

json::object turn_schema() {
  return schema::object({{"begin", schema::instant()},
                         {"end", schema::instant()},
                         {"at", schema::text()},
                         {"excluded", schema::text()},
                         {"why", schema::text()}});
}

json::object drill_schema() {
  return schema::object({{"name", schema::text()},
                         {"drill", schema::text()},
                         {"title", schema::text()},
                         {"owner", schema::text()},
                         {"stack", schema::text()},
                         {"environment", schema::text()},
                         {"when", schema::text()},
                         {"time_zone", schema::text()},
                         {"meaning", schema::text()},
                         {"enabled", schema::flag()},
                         {"overdue", schema::flag()},
                         {"next", schema::list(turn_schema())}});
}

json::object status_schema() {
  const json::object running = schema::object({{"run", schema::text()},
                                               {"drill", schema::text()},
                                               {"doing", schema::text()},
                                               {"started_at", schema::instant()}});
  return schema::object({{"server", schema::text()},
                         {"now", schema::instant()},
                         {"lever", schema::text()},
                         {"left_in_force", schema::list(schema::text())},
                         {"running", schema::list(running)},
                         {"store_trouble", schema::text()},
                         {"clock_doubt", schema::text()}});
}

json::object schedule_schema() {
  const json::object ahead =
      schema::object({{"drill", schema::text()}, {"turns", schema::list(turn_schema())}});
  const json::object occurrence = schema::object({{"drill", schema::text()},
                                                  {"due", schema::instant()},
                                                  {"at", schema::instant()},
                                                  {"state", schema::text()},
                                                  {"run", schema::text()},
                                                  {"why", schema::text()}});
  return schema::object(
      {{"ahead", schema::list(ahead)}, {"occurrences", schema::list(occurrence)}});
}

json::object runs_schema() {
  const json::object run = schema::object({{"run", schema::text()},
                                           {"number", schema::whole_number()},
                                           {"drill", schema::text()},
                                           {"environment", schema::text()},
                                           {"version", schema::text()},
                                           {"started_at", schema::instant()},
                                           {"ended_at", schema::instant()},
                                           {"status", schema::text()},
                                           {"exit_code", schema::whole_number()},
                                           {"headline", schema::text()}});
  return schema::object({{"runs", schema::list(run)}});
}

/// Its own schema says more: docs/result.schema.json.
json::object result_schema() {
  return {{"type", "object"}, {"description", "docs/result.schema.json"}};
}

// ---- the table

Route api_route(RouteAction action,
                const char* pattern,
                std::optional<Scope> scope,
                const char* id,
                const char* summary) {
  Route route;
  route.action = std::move(action);
  route.pattern = pattern;
  route.scope = scope;
  route.id = id;
  route.summary = summary;
  // None needs a body; many programs send {} with every POST.
  if (route.method() == "POST") route.body_types = {"application/json"};
  return route;
}

struct Look {
  const char* pattern;
  std::optional<Scope> scope;
  const char* id;
  const char* summary;
  Task<WebResponse> (*handle)(const Desk&, RoutedRequest);
  json::object answer;
  std::vector<RouteParameter> parameters{};
  std::vector<RouteAnswer> more_answers{};
};

std::vector<Look> looks() {
  return {{"/healthz",
           std::nullopt,
           "getHealth",
           "Is the server well?",
           health,
           health_schema(),
           {},
           {{503, "The store cannot be asked", kJson, health_schema()}}},
          {"/api/v1/status",
           Scope::ReportRead,
           "getStatus",
           "What runs, what may be in force, the lever",
           status,
           status_schema()},
          {"/api/v1/drills",
           Scope::ReportRead,
           "getDrills",
           "Every drill on schedule",
           drills,
           schema::object({{"drills", schema::list(drill_schema())}})},
          {"/api/v1/schedule",
           Scope::ReportRead,
           "getSchedule",
           "Turns ahead and what became of those behind",
           schedule,
           schedule_schema(),
           {{"limit", "how many turns of each drill; 10"}}},
          {"/api/v1/runs",
           Scope::ReportRead,
           "getRuns",
           "Runs, newest first",
           runs,
           runs_schema(),
           {{"drill", "only of this drill"}, {"limit", "how many; 50"}}},
          {"/api/v1/runs/{id}",
           Scope::ReportRead,
           "getRun",
           "The result of a run, in any format of `muster report`",
           run,
           result_schema(),
           {{"id", "id of the run"}, {"format", "json, junit, markdown, ...; json"}},
           {{200, "In the format html", "text/html"}, {200, "In another", "text/plain"}}}};
}

struct Move {
  const char* pattern;
  Scope scope;
  const char* id;
  const char* summary;
  Task<WebResponse> (*handle)(const Desk&, RoutedRequest, Effect);
  int answer_status;
  Field answer;
  json::object body{};
};

std::vector<Move> moves() {
  return {{"/api/v1/drills/{name}/start",
           Scope::DrillStart,
           "startDrill",
           "Plan a turn of a drill for now; every check still has to pass",
           start,
           202,
           {"planned", schema::text()}},
          {"/api/v1/runs/{id}/stop",
           Scope::DrillStop,
           "stopRun",
           "Undo everything and end a run",
           stop,
           202,
           {"stopping", schema::text()}},
          {"/api/v1/halt",
           Scope::DrillStop,
           "haltAll",
           "Engage the safety lever: everything is undone and nothing starts",
           halt_all,
           200,
           {"halted", schema::flag()},
           schema::options({{"reason", schema::text()}})}};
}

}  // namespace

std::vector<Route> api_routes(const Desk& desk) {
  std::vector<Route> routes;
  for (std::vector<Look> all = looks(); Look & look : all) {
    Route& route = routes.emplace_back(api_route(
        RouteAction::get(at(desk, look.handle)), look.pattern, look.scope, look.id, look.summary));
    route.answer_schema = std::move(look.answer);
    route.parameters = std::move(look.parameters);
    route.more_answers = std::move(look.more_answers);
  }
  for (const std::vector<Move> all = moves(); const Move& move : all) {
    Route& route = routes.emplace_back(api_route(
        RouteAction::post(at(desk, move.handle)), move.pattern, move.scope, move.id, move.summary));
    route.answer_status = move.answer_status;
    route.answer_schema = schema::object({move.answer});
    route.body_schema = move.body;
  }
  Route& released =
      routes.emplace_back(api_route(RouteAction::remove(at(desk, release_all)),
                                    "/api/v1/halt",
                                    Scope::Admin,
                                    "releaseLever",
                                    "Release the safety lever: drills may run again"));
  released.answer_schema = schema::object({{"halted", schema::flag()}});
  return routes;
}

}  // namespace muster
