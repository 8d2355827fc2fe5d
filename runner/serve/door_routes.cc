#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "runner/serve/routes.h"
#include "runner/serve/schema.h"

namespace muster {

namespace {

std::string field(const std::map<std::string, std::string>& form, const std::string& name) {
  const auto found = form.find(name);
  return found == form.end() ? "" : found->second;
}

WebResponse login_page(const Desk& desk, std::string next, bool refused) {
  WebResponse response =
      page_answer(render_login({desk.clock.utc_now(), "", std::move(next), refused}));
  if (refused) response.status = 401;
  return response;
}

Task<WebResponse> login_form(const Door& door, RoutedRequest request) {
  co_return login_page(door.desk, address::local(field(request.web.query, "next")), false);
}

Task<WebResponse> log_in(const Door& door, RoutedRequest request, Effect) {
  const auto form = read_form(request.web.body);
  if (!form) co_return problem(400, "the form cannot be read");
  const std::string next = address::local(field(*form, "next"));
  const auto session =
      door.access.log_in(request.web, field(*form, "token"), door.desk.clock.utc_now());
  if (!session) {
    door.desk.log.warning("somebody could not log in", {{"peer", request.web.peer}});
    co_return login_page(door.desk, next, true);
  }
  WebResponse response = see_other(next);
  response.headers.emplace_back("Set-Cookie", session->cookie);
  response.who = session->caller.name();
  co_return response;
}

Task<WebResponse> log_out(const Door& door, RoutedRequest request, Effect) {
  WebResponse response = see_other(address::kLogin);
  response.headers.emplace_back("Set-Cookie", door.access.log_out(request.web));
  co_return response;
}

Route door_route(RouteAction action, const char* pattern, const char* id, const char* summary) {
  Route route;
  route.action = std::move(action);
  route.pattern = pattern;
  route.id = id;
  route.summary = summary;
  route.answer_type = "text/html";
  return route;
}

Route door_form(RouteAction action, const char* pattern, const char* id, const char* summary) {
  Route route = door_route(std::move(action), pattern, id, summary);
  route.body_types = {"application/x-www-form-urlencoded"};
  route.body_schema = schema::options(
      {{"csrf", schema::text()}, {"token", schema::text()}, {"next", schema::text()}});
  route.answer_status = 303;
  route.answer_headers = {{"Location", "Where to go on."},
                          {"Set-Cookie", "The session's, or what takes its place."}};
  return route;
}

}  // namespace

std::vector<Route> door_routes(const Door& door) {
  Route page = door_route(RouteAction::get(at(door, login_form)),
                          "/login",
                          "loginPage",
                          "Where a browser shows its token");
  page.parameters = {{"next", "local address to go to afterwards"}};
  Route in =
      door_form(RouteAction::post(at(door, log_in)), "/login", "login", "A session for a token");
  in.more_answers = {{401, "The token is none; the same page again", "text/html"}};
  Route out =
      door_form(RouteAction::post(at(door, log_out)), "/logout", "logout", "End the session");
  std::vector<Route> routes;
  for (Route* each : {&page, &in, &out}) routes.push_back(std::move(*each));
  return routes;
}

}  // namespace muster
