#include "runner/serve/router.h"

#include <set>
#include <type_traits>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "runner/serve/openapi.h"
#include "runner/serve/schema.h"

using namespace muster;

namespace {

Task<WebResponse> looks(RoutedRequest) {
  co_return WebResponse();
}

Task<WebResponse> moves(RoutedRequest, Effect) {
  co_return WebResponse();
}

// What has an effect cannot be made a GET: it would not compile.
static_assert(!std::is_convertible_v<decltype(&moves), LookingHandler>);
static_assert(!std::is_default_constructible_v<Effect>);
static_assert(!std::is_aggregate_v<Effect>);

Route route(const std::string& method, std::string pattern, std::optional<Scope> scope = {}) {
  Route made;
  made.id = method + pattern;
  made.action = method == "GET"    ? RouteAction::get(looks)
                : method == "POST" ? RouteAction::post(moves)
                                   : RouteAction::remove(moves);
  made.pattern = std::move(pattern);
  made.scope = scope;
  made.summary = "Something";
  return made;
}

std::vector<Route> some() {
  std::vector<Route> routes = {route("GET", "/"),
                               route("GET", "/runs/{id}", Scope::ReportRead),
                               route("GET", "/runs/newest", Scope::ReportRead),
                               route("DELETE", "/runs/{run}", Scope::DrillStop),
                               route("GET", "/runs/{id}/report", Scope::ReportRead),
                               route("POST", "/drills/{drill}/start", Scope::DrillStart),
                               route("GET", "/{page}/{part}/report")};
  routes[1].parameters = {{"id", "of the run"}, {"format", "html or json"}, {"at", "when", true}};
  routes[5].body_types = {"application/json", "application/x-www-form-urlencoded"};
  return routes;
}

/// The pattern, or the status and what is allowed.
std::string found(const std::string& method, const std::string& path) {
  static const Router router(some());
  const Router::Match match = router.find(method, path);
  if (match.route != nullptr) return match.route->pattern;
  std::string text = match.allowed.empty() ? "404" : "405";
  for (const std::string& each : match.allowed) text += " " + each;
  return text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string complaint(std::vector<Route> routes) {
  try {
    const Router router(std::move(routes));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(router)

BOOST_AUTO_TEST_CASE(a_path_leads_to_its_route_and_a_text_before_a_parameter) {
  BOOST_TEST(found("GET", "/") == "/");
  BOOST_TEST(found("HEAD", "/") == "/");
  BOOST_TEST(found("GET", "/runs/01X") == "/runs/{id}");
  BOOST_TEST(found("GET", "/runs/newest") == "/runs/newest");
  BOOST_TEST(found("GET", "/runs/newest/report") == "/runs/{id}/report");
  BOOST_TEST(found("GET", "/a/b/report") == "/{page}/{part}/report");
  BOOST_TEST(found("DELETE", "/runs/newest") == "/runs/{run}");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_told_from_what_is_asked_for_otherwise) {
  for (const char* path : {"/run",
                           "/runs",
                           "/runs/",
                           "/runs/a/",
                           "/runs//report",
                           "/RUNS/a",
                           "/runs/a/report/b",
                           "/drills//start"})
    BOOST_TEST_CONTEXT(path) BOOST_TEST(found("GET", path) == "404");
  BOOST_TEST(found("POST", "/runs/01X") == "405 DELETE GET HEAD");
  BOOST_TEST(found("GET", "/drills/a/start") == "405 POST");
  BOOST_TEST(found("HEAD", "/drills/a/start") == "405 POST");
}

BOOST_AUTO_TEST_CASE(parameters_come_by_name_as_they_were_written) {
  const Router router(some());
  const auto match = router.find("GET", "/a b/{x}/report");
  BOOST_TEST(match.parameters.at("page") == "a b");
  BOOST_TEST(match.parameters.at("part") == "{x}");
}

BOOST_AUTO_TEST_CASE(a_table_that_cannot_be_right_is_refused) {
  BOOST_TEST(complaint(some()) == "");
  BOOST_TEST(complaint({route("GET", "/a/{b}"), route("GET", "/a/{c}")}) ==
             "the route GET /a/{c} is there twice");
  BOOST_TEST(complaint({route("GET", "/a", Scope::DrillStart)}) ==
             "the route GET /a has no effect, and yet needs the scope drill:start");
  BOOST_TEST(complaint({route("GET", "/a", Scope::DrillStop)}) ==
             "the route GET /a has no effect, and yet needs the scope drill:stop");
  BOOST_TEST(complaint({route("GET", "a")}) == "the route GET a has no path");
  std::vector<Route> same = {route("GET", "/a"), route("GET", "/b")};
  same[1].id = same[0].id;
  BOOST_TEST(complaint(same) == "two routes have the id GET/a");
}

BOOST_AUTO_TEST_CASE(a_question_by_post_has_no_effect) {
  BOOST_TEST(route("POST", "/a").action.has_effect());
  BOOST_TEST(route("DELETE", "/a").action.has_effect());
  BOOST_TEST(!RouteAction::post(looks).has_effect());
  BOOST_TEST(RouteAction::post(looks).method() == "POST");
  BOOST_TEST(!route("GET", "/a").action.has_effect());
}

BOOST_AUTO_TEST_CASE(a_misspelt_parameter_is_no_question_without_it) {
  const std::vector<Route> routes = some();
  const auto said = [&](std::map<std::string, std::string> query) {
    WebRequest request;
    request.query = std::move(query);
    const auto found = misfit(routes[1], request);
    return found ? std::to_string(found->status) + " " + found->why : "";
  };
  BOOST_TEST(said({{"at", "noon"}}) == "");
  BOOST_TEST(said({{"at", "noon"}, {"format", "html"}}) == "");
  BOOST_TEST(said({{"format", "html"}}) == "400 the parameter 'at' is missing");
  BOOST_TEST(said({{"at", "noon"}, {"fromat", "html"}}) ==
             "400 there is no parameter 'fromat' here; is it 'format'?");
  // What stands in the path is no name of the query.
  BOOST_TEST(
      said({{"at", "noon"}, {"id", "x"}}).starts_with("400 there is no parameter 'id' here"));
}

BOOST_AUTO_TEST_CASE(a_body_comes_where_it_is_taken_and_as_it_is_read) {
  const std::vector<Route> routes = some();
  const auto status = [&](const Route& asked, const std::string& type, const std::string& body) {
    WebRequest request;
    if (!type.empty()) request.headers["content-type"] = type;
    request.body = body;
    const auto found = misfit(asked, request);
    return found ? found->status : 0;
  };
  BOOST_TEST(status(routes[5], "application/json", "{}") == 0);
  BOOST_TEST(status(routes[5], "application/json; charset=utf-8", "{}") == 0);
  BOOST_TEST(status(routes[5], "", "") == 0);
  BOOST_TEST(status(routes[5], "", "{}") == 415);
  BOOST_TEST(status(routes[5], "text/plain", "{}") == 415);
  BOOST_TEST(status(routes[5], "application/jsonx", "{}") == 415);
  BOOST_TEST(status(routes[0], "application/json", "{}") == 415);
}

BOOST_AUTO_TEST_CASE(the_document_says_all_that_the_table_does) {
  const json::object document = openapi_document(some());
  BOOST_TEST(text_at(document, "openapi") == "3.1.0");
  std::size_t operations = 0;
  std::set<std::string> ids;
  for (const auto& [pattern, path] : at(document, "paths").as_object()) {
    for (const auto& [method, value] : path.as_object()) {
      ++operations;
      const json::object& operation = value.as_object();
      BOOST_TEST(ids.insert(text_at(operation, "operationId")).second);
      std::set<std::string> in_path;
      if (const json::value* list = find(operation, "parameters")) {
        for (const json::value& each : list->as_array()) {
          if (text_at(each.as_object(), "in") != "path") continue;
          BOOST_TEST(flag_at(each.as_object(), "required"));
          in_path.insert(text_at(each.as_object(), "name"));
        }
      }
      const std::vector<std::string> wanted = names_in_pattern(pattern);
      BOOST_TEST(in_path == std::set<std::string>(wanted.begin(), wanted.end()));
      BOOST_TEST((find(operation, "requestBody") != nullptr) == (method == "post"));
      BOOST_TEST(at(operation, "responses").as_object().contains("200"));
      const json::object& known =
          at(at(document, "components").as_object(), "responses").as_object();
      for (const auto& [status, response] : at(operation, "responses").as_object()) {
        const json::value* reference = find(response.as_object(), "$ref");
        if (reference == nullptr) continue;
        const std::string name(reference->as_string());
        BOOST_TEST(known.contains(name.substr(name.rfind('/') + 1)));
      }
    }
  }
  BOOST_TEST(operations == some().size());
}

BOOST_AUTO_TEST_CASE(the_document_says_what_goes_in_and_comes_out) {
  std::vector<Route> routes = {route("POST", "/a", Scope::DrillStart), route("POST", "/b")};
  routes[0].body_types = {"application/json"};
  routes[0].body_schema = schema::options({{"why", schema::text()}});
  routes[0].answer_status = 202;
  routes[0].answer_schema = schema::object({{"planned", schema::flag()}});
  routes[1].answer_status = 303;
  const json::object document = openapi_document(routes);
  const std::string text = compact_json(at(document, "paths"));
  BOOST_TEST(has(text,
                 R"("application/json":{"schema":{"type":"object","additionalProperties":false,)"
                 R"("properties":{"why":{"type":"string"}}}})"));
  BOOST_TEST(has(text,
                 R"("202":{"description":"Something","content":{"application/json":{"schema":)"
                 R"({"type":"object","additionalProperties":false,"properties":{"planned":)"
                 R"({"type":"boolean"}},"required":["planned"]}}}})"));
  BOOST_TEST(has(text, R"("303":{"description":"Something"})"));
  BOOST_TEST(!has(text, R"("200":)"));
}

BOOST_AUTO_TEST_CASE(the_document_says_which_scope_is_needed) {
  const json::object document = openapi_document(some());
  const auto operation = [&](const char* path, const char* method) {
    return at(at(at(document, "paths").as_object(), path).as_object(), method).as_object();
  };
  BOOST_TEST(
      compact_json(at(operation("/drills/{drill}/start", "post"), "security")) ==
      R"([{"bearer":["drill:start"]},{"password":["drill:start"]},{"session":["drill:start"]}])");
  BOOST_TEST(compact_json(at(operation("/", "get"), "security")) == "[]");
  BOOST_TEST(
      compact_json(at(operation("/runs/{id}", "get"), "parameters").as_array().at(2)) ==
      R"({"name":"at","in":"query","required":true,"description":"when","schema":{"type":"string"}})");
}

BOOST_AUTO_TEST_SUITE_END()
