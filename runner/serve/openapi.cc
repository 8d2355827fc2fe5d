#include "runner/serve/openapi.h"

#include <algorithm>

#include "base/text.h"

namespace muster {

namespace {

json::object text_schema() {
  return {{"type", "string"}};
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

// ---- answers that any route may give

bool every(const Route&) {
  return true;
}

bool needs_a_token(const Route& route) {
  return route.scope.has_value();
}

bool may_be_forged(const Route& route) {
  return route.scope || route.method() != "GET";
}

bool names_something(const Route& route) {
  return !names_in_pattern(route.pattern).empty();
}

bool takes_a_body(const Route& route) {
  return route.method() != "GET";
}

bool moves_something(const Route& route) {
  return route.scope && route.action.has_effect();
}

bool has_to_be_written_down(const Route& route) {
  return route.scope != Scope::DrillStop && route.action.has_effect();
}

/// Its body is a sentence: as JSON, or for browsers as a page.
struct SharedAnswer {
  int status;
  const char* name;
  const char* what;
  bool (*may_come_from)(const Route&);
  const char* header = nullptr;  ///< that it always has
};

constexpr SharedAnswer kShared[] = {
    {400, "BadRequest", "The request is malformed, or asks for what cannot be.", every},
    {401,
     "Unauthorized",
     "A token is missing, unknown or expired.",
     needs_a_token,
     "WWW-Authenticate"},
    {403,
     "Forbidden",
     "The token has not the scope, or another site's page made the request.",
     may_be_forged},
    {404, "NotFound", "There is no such thing.", names_something},
    {409, "Conflict", "It cannot be done now; the error says what is in the way.", moves_something},
    {411, "LengthRequired", "The body comes in pieces instead of with its length.", every},
    {413, "BodyTooLarge", "The body is too large.", every},
    {414, "AddressTooLong", "The address is too long.", every},
    {415, "UnsupportedType", "The body is of a type that is not taken here.", takes_a_body},
    {417, "ExpectationFailed", "The request expects something else than 100-continue.", every},
    {421, "Misdirected", "The header Host names another server.", every},
    {429,
     "TooMany",
     "Too many requests. A known one to stop is never too many.",
     every,
     "Retry-After"},
    {431, "HeadTooLarge", "The headers are too many or too long.", every},
    {500, "Failed", "It could not be done; the server's log says why.", every},
    {503, "Unavailable", "Too many connections, or too much waits already.", every, "Retry-After"},
    {505, "UnknownVersion", "The request is neither HTTP/1.1 nor HTTP/1.0.", every},
    {507,
     "Unwritten",
     "Nothing was done, for the audit log cannot be written.",
     has_to_be_written_down}};

json::object error_schema() {
  json::object error{{"type", "object"}};
  error["properties"] = json::object{{"error", text_schema()}};
  error["required"] = json::array{"error"};
  return error;
}

json::object header_described(std::string_view what, bool always) {
  json::object header;
  header["description"] = what;
  header["required"] = always;
  header["schema"] = text_schema();
  return header;
}

std::string_view meaning_of(std::string_view header) {
  return header == "Retry-After" ? "Seconds until it may be asked again." : "How to show a token.";
}

/// Adds a type of body to a response; where it has that type already, either schema will do.
void add_body(json::object& response, std::string_view type, const json::object& schema) {
  if (type.empty()) return;
  json::value& types = response["content"];
  if (!types.is_object()) types = json::object();
  json::value& body = types.get_object()[type];
  if (!body.is_object()) {
    body = json::object{{"schema", schema}};
    return;
  }
  json::value& known = body.get_object()["schema"];
  if (known != json::value(schema)) known = json::object{{"anyOf", json::array{known, schema}}};
}

json::object described(const SharedAnswer& shared) {
  json::object response;
  response["description"] = shared.what;
  if (shared.header != nullptr)
    response["headers"] =
        json::object{{shared.header, header_described(meaning_of(shared.header), true)}};
  add_body(response, "application/json", error_schema());
  add_body(response, "text/html", text_schema());
  return response;
}

// ---- answers of one route

json::object schema_of(std::string_view type, const json::object& said) {
  if (!said.empty()) return said;
  return type.ends_with("json") ? json::object{{"type", "object"}} : text_schema();
}

/// What the route itself answers, the good answer first.
std::vector<RouteAnswer> own_answers(const Route& route) {
  const bool leads_on = route.answer_status == 303;
  std::vector<RouteAnswer> answers = {
      {route.answer_status, route.summary, leads_on ? "" : route.answer_type, route.answer_schema}};
  answers.insert(answers.end(), route.more_answers.begin(), route.more_answers.end());
  return answers;
}

json::object own_responses(const Route& route) {
  json::object responses;
  for (const RouteAnswer& answer : own_answers(route)) {
    json::value& response = responses[std::to_string(answer.status)];
    if (!response.is_object()) response = json::object{{"description", answer.what}};
    add_body(response.get_object(), answer.type, schema_of(answer.type, answer.schema));
  }
  json::object headers;
  for (const RouteHeader& header : route.answer_headers)
    headers[header.name] = header_described(header.what, false);
  json::object& good = responses[std::to_string(route.answer_status)].get_object();
  if (!headers.empty()) good["headers"] = std::move(headers);
  return responses;
}

json::object either(json::object own, const SharedAnswer& shared) {
  const json::object other = described(shared);
  own["description"] = text_at(own, "description") + "; or: " + shared.what;
  for (const auto& [type, body] : at(other, "content").as_object())
    add_body(own, type, at(body.as_object(), "schema").as_object());
  return own;
}

json::object responses_of(const Route& route) {
  json::object responses = own_responses(route);
  for (const SharedAnswer& shared : kShared) {
    if (!shared.may_come_from(route)) continue;
    json::value& response = responses[std::to_string(shared.status)];
    response = response.is_object()
                   ? either(std::move(response.get_object()), shared)
                   : json::object{{"$ref", std::string("#/components/responses/") + shared.name}};
  }
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
  json::object responses;
  for (const SharedAnswer& shared : kShared) responses[shared.name] = described(shared);
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
