#include "runner/serve/application.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "reports/site/site.h"

namespace muster {

namespace {

/// Somebody who guesses tokens is out of guesses soon.
constexpr double kWrongTokenCosts = 20;

bool has_effect(const WebRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

}  // namespace

bool wants_page(const WebRequest& request) {
  return request.header("accept").starts_with("text/html");
}

WebResponse see_other(std::string_view address) {
  WebResponse response;
  response.status = 303;
  response.headers.emplace_back("Location", std::string(address));
  return response;
}

WebResponse json_answer(const json::value& value, int status) {
  WebResponse response;
  response.status = status;
  response.body = pretty_json(value);
  return response;
}

Application::Application(Parts parts)
    : parts_(std::move(parts)),
      router_(parts_.routes),
      limiter_(parts_.settings.requests_per_minute) {}

WebResponse Application::refused(const WebRequest& request,
                                 const Caller& caller,
                                 int status,
                                 const std::string& why) const {
  WebResponse response = problem(status, why);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"muster\"");
  if (!wants_page(request)) return response;
  response.type = "text/html; charset=utf-8";
  response.body = parts_.error_page(status, why, caller);
  response.headers.emplace_back("Content-Security-Policy", site_policy());
  return response;
}

std::optional<WebResponse> Application::too_often(const Route* route, const Caller& caller) {
  // Whoever halts is never told to come back later.
  if (route != nullptr && route->scope == Scope::DrillStop) return std::nullopt;
  const std::string key =
      caller.token.empty() ? "address " + address_key(caller.peer) : "token " + caller.token;
  const bool guesses =
      caller.proof == Caller::Proof::Wrong || (route != nullptr && route->id == "login");
  const double cost = guesses ? kWrongTokenCosts : 1;
  const std::optional<Duration> wait = limiter_.take(key, cost, parts_.clock.now());
  if (!wait) return std::nullopt;
  WebResponse response = problem(429, "too many requests; come back later");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
  response.headers.emplace_back("Retry-After", std::to_string(std::max<long>(1, seconds)));
  return response;
}

std::optional<WebResponse> Application::refusal(const Router::Match& match,
                                                const RoutedRequest& request) {
  const WebRequest& web = request.web;
  if (auto wait = too_often(match.route, request.caller)) return wait;
  const std::optional<Scope> scope = match.route == nullptr ? std::nullopt : match.route->scope;
  if (const auto no = parts_.access.refusal(web, request.caller, scope))
    return refused(web, request.caller, no->status, no->why);
  if (match.route == nullptr && match.allowed.empty())
    return refused(web, request.caller, 404, "there is nothing here");
  if (match.route == nullptr) {
    WebResponse response = refused(web, request.caller, 405, "this is not done to that address");
    response.headers.emplace_back("Allow", join(match.allowed, ", "));
    return response;
  }
  if (const auto no = misfit(*match.route, web))
    return refused(web, request.caller, no->status, no->why);
  return std::nullopt;
}

bool Application::note(const Route& route, const RoutedRequest& request, int status) {
  try {
    parts_.audit.write({parts_.clock.utc_now(),
                        request.caller.name(),
                        request.web.peer,
                        request.web.method,
                        request.web.path,
                        status,
                        route.summary});
    return true;
  } catch (const Error& error) {
    parts_.log.error("the audit log cannot be written", {{"why", error.what()}});
    // A halt goes on, whatever the disk says; nothing else is done unseen.
    return route.scope == Scope::DrillStop;
  }
}

Task<WebResponse> Application::answer(WebRequest request) {
  const Time began = parts_.clock.now();
  const Router::Match match = router_.find(request.method, request.path);
  RoutedRequest routed{std::move(request), match.parameters, {}};
  routed.caller = parts_.access.caller_of(routed.web, parts_.clock.utc_now());
  const WebRequest web = routed.web;
  const Caller caller = routed.caller;
  WebResponse response;
  if (auto no = refusal(match, routed)) {
    response = std::move(*no);
    if (match.route != nullptr && has_effect(web)) note(*match.route, routed, response.status);
  } else {
    response = co_await answered(match.route, std::move(routed));
    // The handlers know nothing of browsers.
    if (response.status >= 400 && wants_page(web) && response.type == "application/json") {
      const json::value said = parse_json(response.body, "an answer");
      const json::value* why = find(said.as_object(), "error");
      response = refused(web,
                         caller,
                         response.status,
                         why != nullptr && why->is_string() ? std::string(why->get_string()) : "");
    }
  }
  parts_.counted(match.route, response.status, parts_.clock.now() - began);
  co_return response;
}

Task<WebResponse> Application::answered(const Route* route, RoutedRequest request) {
  const bool effect = has_effect(request.web);
  if (effect && !note(*route, request, 0))
    co_return problem(507, "nothing was done: it could not be written into the audit log");
  RoutedRequest copy = request;
  WebResponse response;
  try {
    response = co_await route->handler(std::move(copy));
  } catch (const UsageError& error) {
    response = problem(400, error.what());
  } catch (const Refused& error) {
    response = problem(409, error.what());
  } catch (const Error& error) {
    parts_.log.error("a request failed", {{"route", route->id}, {"why", error.what()}});
    response = problem(500, "this could not be done; the server's log says why");
  }
  if (effect) note(*route, request, response.status);
  co_return response;
}

}  // namespace muster
