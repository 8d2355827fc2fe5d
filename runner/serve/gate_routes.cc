#include "base/error.h"
#include "reports/gate/webhooks.h"
#include "reports/site/site.h"
#include "runner/serve/gate_keeper.h"
#include "runner/serve/routes.h"
#include "runner/serve/schema.h"
#include "runner/serve/site_views.h"

namespace muster {

namespace {

constexpr const char* kSignature = "X-Muster-Signature";

WebResponse reply_of(GateReply reply) {
  WebResponse response;
  response.status = reply.status;
  response.type = std::move(reply.type);
  response.body = std::move(reply.body);
  return response;
}

/// Neither a yes nor a no to any of those who ask.
WebResponse come_back() {
  WebResponse response =
      problem(503, "too many different questions wait for the store; ask again in some seconds");
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

Task<WebResponse> signed_answer(GateKeeper& keeper, AskedGate asked) {
  if (!asked.complaint.empty()) co_return problem(400, asked.complaint);
  GateQuestion question = asked.question;
  const std::optional<GateAnswer> answer = co_await keeper.answer(std::move(question));
  if (!answer) co_return come_back();
  GateKeeper::Signed reply = keeper.sign(*answer, asked.question, asked.nonce);
  WebResponse response = reply_of(argo_reply(std::move(reply.document)));
  response.headers.emplace_back(kSignature, reply.signature);
  co_return response;
}

Task<WebResponse> flagger_answer(GateKeeper& keeper, AskedGate asked) {
  if (!asked.complaint.empty()) co_return problem(400, asked.complaint);
  const std::optional<GateAnswer> answer = co_await keeper.answer(std::move(asked.question));
  if (!answer) co_return come_back();
  co_return reply_of(flagger_reply(*answer));
}

/// Every question that the policy has an answer to.
Task<WebResponse> gate_page(GateKeeper& keeper, SiteViewer viewer) {
  const Desk& desk = keeper.desk();
  GateView view;
  view.site = site_context(desk, std::move(viewer));
  view.policy = desk.settings.policy;
  std::optional<GatePolicy> policy;
  try {
    policy = keeper.policy();
  } catch (const Error& error) {
    view.trouble = error.what();
  }
  if (!policy) co_return page_answer(render_gate(view));
  for (const auto& [service, environments] : policy->services) {
    for (const auto& [environment, drills] : environments) {
      GateQuestion question;
      question.service = service;
      question.environment = environment;
      const std::optional<GateAnswer> answer = co_await keeper.answer(std::move(question));
      if (!answer) {
        view.trouble = "the gate is asked too much; load the page again";
        break;
      }
      GateRow row{service, environment, answer->allow, answer->reasons, {}};
      for (const DrillAnswer& each : answer->drills)
        if (!each.run.empty()) row.runs.push_back(each.run);
      view.rows.push_back(std::move(row));
    }
  }
  co_return page_answer(render_gate(view));
}

Task<WebResponse> ask(GateKeeper& keeper, RoutedRequest request) {
  SiteViewer viewer = viewer_of(request.caller);
  if (request.web.query.empty() && wants_page(request.web))
    co_return co_await gate_page(keeper, std::move(viewer));
  AskedGate asked = asked_by_words(request.web.query);
  co_return co_await signed_answer(keeper, std::move(asked));
}

Task<WebResponse> ask_by_json(GateKeeper& keeper, RoutedRequest request) {
  AskedGate asked = asked_by_json(request.web.body);
  co_return co_await signed_answer(keeper, std::move(asked));
}

Task<WebResponse> ask_by_flagger(GateKeeper& keeper, RoutedRequest request) {
  AskedGate asked = asked_by_flagger(request.web.body);
  co_return co_await flagger_answer(keeper, std::move(asked));
}

std::vector<RouteParameter> question_parameters() {
  return {{"service", "what is to be deployed, as the policy names it"},
          {"environment", "where to"},
          {"drill", "one drill, instead of a service"},
          {"version", "of what is to be deployed"},
          {"configuration", "its fingerprint, sha256:..."},
          {"max_age", "how old a run may be, 7d"},
          {"no_regression", "true: worse than usual denies as well"},
          {"nonce", "comes back in the signed answer"}};
}

/// The words of a question as JSON: the same names, texts all of them.
json::object question_schema() {
  json::object properties;
  for (const RouteParameter& word : question_parameters()) {
    json::object each = schema::text();
    each["description"] = word.what;
    properties[word.name] = std::move(each);
  }
  json::object made{{"type", "object"}, {"additionalProperties", false}};
  made["properties"] = std::move(properties);
  return made;
}

json::object answer_schema() {
  json::object verdict = schema::text();
  verdict["enum"] = json::array{"pass", "fail"};
  const json::object drill = schema::object({{"drill", schema::text()},
                                             {"run", schema::text()},
                                             {"verdict", verdict},
                                             {"reasons", schema::list(schema::text())},
                                             {"waived", schema::list(schema::text())}});
  const json::object question = schema::object({{"service", schema::text()},
                                                {"environment", schema::text()},
                                                {"drill", schema::text()},
                                                {"version", schema::text()},
                                                {"configuration", schema::text()},
                                                {"max_age", schema::text()},
                                                {"no_regression", schema::flag()}});
  return schema::object({{"format", schema::whole_number()},
                         {"verdict", verdict},
                         {"reasons", schema::list(schema::text())},
                         {"drills", schema::list(drill)},
                         {"question", question},
                         {"nonce", schema::text()},
                         {"answered_at", schema::instant()},
                         {"server", schema::text()}});
}

json::object flagger_schema() {
  json::object texts{{"type", "object"}};
  texts["additionalProperties"] = schema::text();
  json::object made = schema::options({{"name", schema::text()},
                                       {"namespace", schema::text()},
                                       {"phase", schema::text()},
                                       {"metadata", texts}});
  made["additionalProperties"] = true;  // what later versions of it send is not looked at
  return made;
}

Route gate_route(RouteAction action, const char* pattern, const char* id, const char* summary) {
  Route route;
  route.action = std::move(action);
  route.pattern = pattern;
  route.scope = Scope::GateRead;
  route.id = id;
  route.summary = summary;
  if (route.method() == "POST") route.body_types = {"application/json"};
  return route;
}

/// What goes back where the document is read.
void answer_signed(Route& route) {
  route.answer_schema = answer_schema();
  route.answer_headers = {{kSignature, "Of the body; docs/gate.md says of what bytes."}};
}

}  // namespace

std::vector<Route> gate_routes(GateKeeper& keeper) {
  Route words = gate_route(RouteAction::get(at(keeper, ask)),
                           "/gate",
                           "askGate",
                           "May we deploy? Signed; `verdict` is pass or fail. Without a question, "
                           "the page for people");
  words.parameters = question_parameters();
  answer_signed(words);
  words.more_answers = {{200, "The page for people", "text/html"}};
  Route json_body = gate_route(RouteAction::post(at(keeper, ask_by_json)),
                               "/gate/argo",
                               "askGateByJson",
                               "The same, for Argo Rollouts' web metric: $.verdict");
  json_body.body_schema = question_schema();
  answer_signed(json_body);
  Route flagger = gate_route(RouteAction::post(at(keeper, ask_by_flagger)),
                             "/gate/flagger",
                             "askGateByFlagger",
                             "The same, for Flagger's webhooks: 200 for yes, 403 for no");
  flagger.body_schema = flagger_schema();
  flagger.answer_type = "text/plain";
  flagger.more_answers = {{403, "No; the reasons, one a line", "text/plain"}};
  std::vector<Route> routes;
  for (Route* each : {&words, &json_body, &flagger}) routes.push_back(std::move(*each));
  return routes;
}

}  // namespace muster
