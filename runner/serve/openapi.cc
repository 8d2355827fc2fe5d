#include "runner/serve/openapi.h"

#include <algorithm>

#include "base/text.h"

namespace muster {

namespace {

json::object reference(std::string_view name) {
  return {{"$ref", "#/components/responses/" + std::string(name)}};
}

json::object text_schema() {
  return {{"type", "string"}};
}

json::object content(std::string_view type, const json::object& schema) {
  json::object described;
  described["schema"] = schema;
  json::object types;
  types[type] = std::move(described);
  return types;
}

json::array parameters_of(const Route& route) {
  json::array list;
  const auto add = [&](std::string_view place, const std::string& name, const RouteParameter* say) {
    json::object parameter;
    parameter["name"] = name;
    parameter["in"] = place;
    parameter["required"] = place == "path" || (say != nullptr && say->required);
    if (say != nullptr) parameter["description"] = say->what;
    parameter["schema"] = text_schema();
    list.push_back(std::move(parameter));
  };
  for (const std::string& name : names_in_pattern(route.pattern)) {
    const auto said = std::ranges::find(route.parameters, name, &RouteParameter::name);
    add("path", name, said == route.parameters.end() ? nullptr : &*said);
  }
  const std::vector<RouteParameter> of_query = query_parameters(route);
  for (const RouteParameter& parameter : of_query) add("query", parameter.name, &parameter);
  return list;
}

/// Each of the ways in which a token can be shown.
json::array security_of(const Route& route) {
  json::array ways;
  if (!route.scope) return ways;
  for (const std::string_view way : {"bearer", "password", "session"}) {
    json::object needed;
    needed[way] = json::array{std::string(name_of(*route.scope))};
    ways.push_back(std::move(needed));
  }
  return ways;
}

json::object responses_of(const Route& route) {
  json::object responses;
  json::object good;
  good["description"] = route.summary;
  const json::object any =
      route.answer_type.ends_with("json") ? json::object{{"type", "object"}} : text_schema();
  if (route.answer_status != 303) {
    good["content"] =
        content(route.answer_type, route.answer_schema.empty() ? any : route.answer_schema);
  }
  responses[std::to_string(route.answer_status)] = std::move(good);
  responses["400"] = reference("BadRequest");
  if (route.scope) responses["401"] = reference("Unauthorized");
  if (route.scope || route.method() != "GET") responses["403"] = reference("Forbidden");
  if (!names_in_pattern(route.pattern).empty()) responses["404"] = reference("NotFound");
  if (!route.body_types.empty()) responses["415"] = reference("UnsupportedType");
  if (route.action.has_effect()) responses["409"] = reference("Conflict");
  if (route.scope != Scope::DrillStop) responses["429"] = reference("TooMany");
  return responses;
}

json::object operation_of(const Route& route) {
  json::object operation;
  operation["operationId"] = route.id;
  operation["summary"] = route.summary;
  if (json::array parameters = parameters_of(route); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (!route.body_types.empty()) {
    json::object body;
    const json::object any{{"type", "object"}};
    json::object types;
    for (const std::string& type : route.body_types) {
      json::object described;
      described["schema"] = route.body_schema.empty() ? any : route.body_schema;
      types[type] = std::move(described);
    }
    body["content"] = std::move(types);
    operation["requestBody"] = std::move(body);
  }
  operation["responses"] = responses_of(route);
  operation["security"] = security_of(route);
  return operation;
}

json::object security_schemes() {
  json::object bearer{{"type", "http"}, {"scheme", "bearer"}};
  bearer["description"] = "A token, as `muster token` shows it once.";
  json::object password{{"type", "http"}, {"scheme", "basic"}};
  password["description"] =
      "The token as the password of any user, for callers that can be given "
      "no more than a URL.";
  json::object session{{"type", "apiKey"}, {"in", "cookie"}, {"name", "muster_session"}};
  session["description"] = "Of a browser, after POST /login.";
  json::object schemes;
  schemes["bearer"] = std::move(bearer);
  schemes["password"] = std::move(password);
  schemes["session"] = std::move(session);
  return schemes;
}

json::object shared_responses() {
  json::object error{{"type", "object"}};
  error["properties"] = json::object{{"error", text_schema()}};
  error["required"] = json::array{"error"};
  json::object responses;
  const auto add = [&](std::string_view name, std::string_view what) {
    json::object response;
    response["description"] = what;
    response["content"] = content("application/json", error);
    responses[name] = std::move(response);
  };
  add("BadRequest", "The request is malformed, or asks for what cannot be.");
  add("Unauthorized", "A token is missing, unknown or expired.");
  add("Forbidden", "The token has not the scope, or another site's page made the request.");
  add("NotFound", "There is no such thing.");
  add("Conflict", "It cannot be done now; the error says what is in the way.");
  add("UnsupportedType", "The body is of a type that is not taken here.");
  add("TooMany", "Too many requests; the header Retry-After says when to come back.");
  return responses;
}

}  // namespace

json::object openapi_document(const std::vector<Route>& routes) {
  json::object document;
  document["openapi"] = "3.1.0";
  json::object info{{"title", "muster"}, {"version", MUSTER_VERSION}};
  info["description"] = "Drills on schedule, their results, and the gate.";
  document["info"] = std::move(info);
  json::object paths;
  for (const Route& route : routes) {
    json::value& path = paths[route.pattern];
    if (!path.is_object()) path = json::object();
    std::string method = route.method();
    std::ranges::transform(
        method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    path.get_object()[method] = operation_of(route);
  }
  document["paths"] = std::move(paths);
  json::object components;
  components["securitySchemes"] = security_schemes();
  components["responses"] = shared_responses();
  document["components"] = std::move(components);
  return document;
}

}  // namespace muster
