#include <boost/asio.hpp>

#include "base/error.h"
#include "base/random.h"
#include "reports/history/comparison.h"
#include "reports/history/history_page.h"
#include "reports/history/usual.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "runner/serve/routes.h"
#include "runner/serve/schema.h"
#include "runner/serve/site_views.h"

namespace muster {

namespace {

constexpr const char* kPage = "text/html";
constexpr Duration kStreamEvery = std::chrono::milliseconds(250);
constexpr Duration kStreamAlive = std::chrono::seconds(15);

/// What a page that was made as a file says in its head that it may do, said by the server as well.
std::string own_policy_of(std::string_view html) {
  constexpr std::string_view kBegin = "http-equiv=\"Content-Security-Policy\" content=\"";
  const std::size_t begin = html.find(kBegin);
  if (begin == std::string_view::npos) return "default-src 'none'";
  const std::string_view rest = html.substr(begin + kBegin.size());
  return std::string(rest.substr(0, rest.find('"'))) + "; frame-ancestors 'none'";
}

WebResponse file_page(std::string html) {
  WebResponse response;
  response.type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", own_policy_of(html));
  response.body = std::move(html);
  return response;
}

std::string event_of(std::uint64_t number, const std::string& data) {
  std::string line = data;
  std::erase_if(line, [](char c) { return c == '\n' || c == '\r'; });
  return (number == 0 ? "" : "id: " + std::to_string(number) + "\n") + "data: " + line + "\n\n";
}

/// From behind the event that the reader saw last, until the run ends; a comment now and then, so
/// that proxies keep the line open.
Task<> follow(const Desk& desk,
              std::string id,
              std::uint64_t seen,
              std::function<Task<>(std::string)> send) {
  const std::shared_ptr<RunningTurn> turn = desk.scheduler.running(id);
  std::string progress;
  Time spoke = desk.clock.now();
  for (bool more = turn != nullptr; more;) {
    more = !turn->ended();
    std::string piece;
    const std::vector<TurnLine> lines = turn->lines_from(seen);
    seen = turn->lines_said() - lines.size();
    for (const TurnLine& line : lines) piece += event_of(++seen, line.text_json);
    if (turn->progress() != progress) piece += event_of(0, progress = turn->progress());
    const bool silent = desk.clock.now() - spoke > kStreamAlive;
    if (piece.empty() && silent) piece = ": still here\n\n";
    if (!piece.empty()) {
      spoke = desk.clock.now();
      co_await send(std::move(piece));
    }
    if (more) co_await desk.clock.sleep_for(kStreamEvery);
  }
}

WebResponse events(const Desk& desk, const RoutedRequest& request) {
  const std::string id = parameter(request, "id");
  if (desk.scheduler.running(id) == nullptr)
    return problem(404, "no such run is running on this machine");
  std::string from = request.web.header("last-event-id");
  if (from.empty()) from = query(request, "after");
  const bool number = !from.empty() && from.size() < 12 &&
                      from.find_first_not_of("0123456789") == std::string::npos;
  WebResponse response;
  response.type = "text/event-stream";
  response.stream = [&desk, id, seen = number ? std::stoull(from) : 0ULL](
                        std::function<Task<>(std::string)> send) {
    return follow(desk, id, seen, std::move(send));
  };
  return response;
}

// ---- one function for each route

Task<WebResponse> index_page(const Desk& desk, RoutedRequest request) {
  SiteViewer viewer = viewer_of(request.caller);
  const IndexView view = co_await index_view(desk, std::move(viewer));
  co_return page_answer(render_index(view));
}

Task<WebResponse> schedule_page(const Desk& desk, RoutedRequest request) {
  SiteViewer viewer = viewer_of(request.caller);
  const ScheduleView view = co_await schedule_view(desk, std::move(viewer));
  co_return page_answer(render_schedule(view));
}

Task<WebResponse> runs_page(const Desk& desk, RoutedRequest request) {
  SiteViewer viewer = viewer_of(request.caller);
  const RunsView view = co_await runs_view(desk, std::move(viewer), std::move(request.web.query));
  co_return page_answer(render_runs(view));
}

Task<WebResponse> report_page(const Desk& desk, RoutedRequest request) {
  const std::string id = parameter(request, "id");
  std::string copy = id;
  ResultShelf::Kept result = co_await result_of(desk, std::move(copy));
  if (!result && desk.scheduler.running(id) != nullptr) co_return see_other(address::live(id));
  if (!result) co_return problem(404, "there is no such run, or it has no report yet");
  std::string page = co_await rendered(desk, *report_format("html"), std::move(result));
  co_return file_page(std::move(page));
}

Task<WebResponse> live_page(const Desk& desk, RoutedRequest request) {
  const std::string id = parameter(request, "id");
  const auto turn = desk.scheduler.running(id);
  if (turn != nullptr)
    co_return page_answer(render_live_run(live_run_view(desk, viewer_of(request.caller), *turn)));
  if (!is_run_id(id)) co_return problem(404, "there is no such run");
  co_return see_other(address::run(id));
}

Task<WebResponse> event_stream(const Desk& desk, RoutedRequest request) {
  co_return events(desk, request);
}

Task<WebResponse> drill_history_page(const Desk& desk, RoutedRequest request) {
  auto read = [drill = parameter(request, "name")](Store& store) {
    return store.history().runs(drill, kLookedBack);
  };
  const std::vector<HistoryRun> runs = co_await desk.store.ask(std::move(read));
  if (runs.empty()) co_return problem(404, "the history has no run of this drill");
  const auto link = [](const HistoryRun& run) {
    return address::run(run.id);
  };
  co_return file_page(render_history_page(runs, link));
}

Task<WebResponse> compare_page(const Desk& desk, RoutedRequest request) {
  std::string before = query(request, "before");
  std::string after = query(request, "after");
  const ResultShelf::Kept old_one = co_await result_of(desk, std::move(before));
  const ResultShelf::Kept new_one = co_await result_of(desk, std::move(after));
  if (!old_one || !new_one) co_return problem(404, "there is no such run");
  auto render = [old_one, new_one] {
    return render_comparison_page(compare(*old_one, *new_one));
  };
  std::string page = co_await desk.results.make(std::move(render));
  co_return file_page(std::move(page));
}

/// Back to where the change shows, or what went wrong.
WebResponse then(WebResponse done, std::string_view address) {
  return done.status < 400 ? see_other(address) : done;
}

Task<WebResponse> halt_form(const Desk& desk, RoutedRequest request, Effect effect) {
  co_return then(halt(desk, request.caller, "the halt button", effect), address::kIndex);
}

Task<WebResponse> abort_form(const Desk& desk, RoutedRequest request, Effect effect) {
  std::string id = parameter(request, "id");
  const std::string back = address::live(id);
  WebResponse done = co_await stop_run(desk, std::move(id), std::move(request.caller), effect);
  co_return then(std::move(done), back);
}

Task<WebResponse> start_form(const Desk& desk, RoutedRequest request, Effect effect) {
  std::string name = parameter(request, "name");
  WebResponse done = co_await start_drill(desk, std::move(name), std::move(request.caller), effect);
  co_return then(std::move(done), address::kSchedule);
}

// ---- the table

struct PageWords {
  const char* pattern;
  const char* id;
  const char* summary;
  Task<WebResponse> (*handle)(const Desk&, RoutedRequest);
  std::vector<RouteParameter> parameters{};  ///< of the query
  const char* type = kPage;
  std::vector<RouteAnswer> more_answers{};
};

const std::vector<PageWords>& pages() {
  static const std::vector<PageWords> kPages = {
      {"/", "indexPage", "All drills: last verdict, trend, next turn", index_page},
      {"/schedule", "schedulePage", "Turns ahead and behind, each with its reason", schedule_page},
      {"/runs",
       "runsPage",
       "Runs, newest first",
       runs_page,
       {{"drill", "only of this drill"}, {"verdict", "only with this one"}, {"page", "from 1"}}},
      {"/runs/{id}",
       "reportPage",
       "The report of a run",
       report_page,
       {},
       kPage,
       {{303, "It goes on: to its live page", ""}}},
      {"/runs/{id}/live",
       "livePage",
       "A run that goes on",
       live_page,
       {},
       kPage,
       {{303, "It has ended: to its report", ""}}},
      {"/runs/{id}/events",
       "runEvents",
       "Its events, as Server-Sent Events",
       event_stream,
       {{"after", "only events behind this number"}},
       "text/event-stream"},
      {"/drills/{name}/history", "historyPage", "The history of a drill", drill_history_page},
      {"/compare",
       "comparePage",
       "Two runs side by side",
       compare_page,
       {{"before", "id of a run", true}, {"after", "id of another", true}},
       kPage,
       {{404, "There is no such run"}}}};
  return kPages;
}

struct FormWords {
  const char* pattern;
  Scope scope;
  const char* id;
  const char* summary;
  Task<WebResponse> (*handle)(const Desk&, RoutedRequest, Effect);
};

constexpr FormWords kForms[] = {
    {"/halt",
     Scope::DrillStop,
     "halt",
     "Engage the safety lever: everything is undone and nothing starts",
     halt_form},
    {"/runs/{id}/abort", Scope::DrillStop, "abort", "Undo everything and end a run", abort_form},
    {"/drills/{name}/start",
     Scope::DrillStart,
     "start",
     "Plan a turn of a drill for now",
     start_form}};

Route page_route(const Desk& desk, const PageWords& words) {
  Route route;
  route.action = RouteAction::get(at(desk, words.handle));
  route.pattern = words.pattern;
  route.scope = Scope::ReportRead;
  route.id = words.id;
  route.summary = words.summary;
  route.parameters = words.parameters;
  route.answer_type = words.type;
  route.more_answers = words.more_answers;
  return route;
}

Route form_route(const Desk& desk, const FormWords& words) {
  Route route;
  route.body_types = {"application/x-www-form-urlencoded"};
  route.body_schema = schema::options({{"csrf", schema::text()}, {"sure", schema::text()}});
  route.answer_status = 303;
  route.answer_headers = {{"Location", "Where the change shows."}};
  route.action = RouteAction::post(at(desk, words.handle));
  route.pattern = words.pattern;
  route.scope = words.scope;
  route.id = words.id;
  route.summary = words.summary;
  return route;
}

}  // namespace

std::vector<Route> page_routes(const Desk& desk) {
  std::vector<Route> routes;
  for (const PageWords& words : pages()) routes.push_back(page_route(desk, words));
  for (const FormWords& words : kForms) routes.push_back(form_route(desk, words));
  return routes;
}

}  // namespace muster
