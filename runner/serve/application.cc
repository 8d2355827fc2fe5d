#include "runner/serve/application.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "reports/site/site.h"

namespace muster {

namespace {

/// Somebody who guesses tokens is out of guesses soon.
constexpr double kWrongTokenCosts = 20;

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
      limiter_(parts_.settings.requests_per_minute),
      refusals_(parts_.audit) {}

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

std::optional<WebResponse> Application::too_often(const Route* route,
                                                  const Caller& caller,
                                                  bool may) {
  const bool stops = may && route != nullptr && route->scope == Scope::DrillStop;
  // Whoever halts is never told to come back later.
  if (stops && caller.is_known()) return std::nullopt;
  std::string key =
      caller.is_known() ? "token " + caller.token : "address " + address_key(caller.peer);
  // Without tokens everybody here may halt, and is not kept from it by those who do something else.
  if (stops) key += " " + route->id;
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
  const std::optional<Scope> scope = match.route == nullptr ? std::nullopt : match.route->scope;
  const auto forbidden = parts_.access.refusal(web, request.caller, scope);
  if (auto wait = too_often(match.route, request.caller, !forbidden)) return wait;
  if (forbidden) return refused(web, request.caller, forbidden->status, forbidden->why);
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

AuditEntry Application::entry(const Route& route, const RoutedRequest& request, int status) const {
  return {parts_.clock.utc_now(),
          request.caller.name(),
          request.web.peer,
          request.web.method,
          request.web.path,
          status,
          route.summary};
}

bool Application::note(const Route& route, const AuditEntry& entry) {
  try {
    parts_.audit.write(entry);
    return true;
  } catch (const Error& error) {
    parts_.log.error("the audit log cannot be written", {{"why", error.what()}});
    // A halt goes on, whatever the disk says; nothing else is done unseen.
    return route.scope == Scope::DrillStop;
  }
}

void Application::tally(const AuditEntry& entry) {
  try {
    refusals_.add(entry);
  } catch (const Error& error) {
    parts_.log.error("the audit log cannot be written", {{"why", error.what()}});
  }
}

void Application::settle_tally() {
  try {
    refusals_.settle(parts_.clock.utc_now());
  } catch (const Error& error) {
    parts_.log.error("the audit log cannot be written", {{"why", error.what()}});
  }
}

Task<WebResponse> Application::answer(WebRequest request) {
  const Time began = parts_.clock.now();
  settle_tally();
  const Router::Match match = router_.find(request.method, request.path);
  RoutedRequest routed{std::move(request), match.parameters, {}};
  routed.caller = parts_.access.caller_of(routed.web, parts_.clock.utc_now());
  if (routed.caller.is_known() && routed.web.recognised) routed.web.recognised();
  const WebRequest web = routed.web;
  const Caller caller = routed.caller;
  WebResponse response;
  if (auto no = refusal(match, routed)) {
    response = std::move(*no);
    if (match.route != nullptr && match.route->action.has_effect() && response.status != 429) {
      const AuditEntry line = entry(*match.route, routed, response.status);
      if (caller.is_known()) {
        note(*match.route, line);
      } else {
        tally(line);
      }
    }
  } else {
    response = co_await answered(*match.route, std::move(routed));
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
  response.for_known_caller = caller.is_known() || !response.who.empty();
  parts_.counted(match.route, response.status, parts_.clock.now() - began);
  co_return response;
}

Task<WebResponse> Application::answered(const Route& route, RoutedRequest request) {
  const WebResponse unseen =
      problem(507, "nothing was done: it could not be written into the audit log");
  // What everybody may, which is to log in and out, is known by its end: there is nothing to undo.
  const bool for_everybody = !route.scope;
  const bool effect = route.action.has_effect();
  if (effect && !for_everybody && !note(route, entry(route, request, 0))) co_return unseen;
  RoutedRequest copy = request;
  WebResponse response;
  try {
    response = co_await route.action.run(std::move(copy));
  } catch (const UsageError& error) {
    response = problem(400, error.what());
  } catch (const Refused& error) {
    response = problem(409, error.what());
  } catch (const Error& error) {
    parts_.log.error("a request failed", {{"route", route.id}, {"why", error.what()}});
    response = problem(500, "this could not be done; the server's log says why");
  }
  if (!effect) co_return response;
  AuditEntry line = entry(route, request, response.status);
  if (!response.who.empty()) line.who = response.who;
  if (for_everybody && response.who.empty() && !request.caller.is_known()) {
    tally(line);
  } else if (!note(route, line) && for_everybody) {
    co_return unseen;  // the session's cookie stays here
  }
  co_return response;
}

}  // namespace muster
