#include "runner/serve/router.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
}

std::string name_in(std::string_view segment) {
  return std::string(segment.substr(1, segment.size() - 2));
}

/// Every parameter as "{}": two patterns alike in this are met by the same paths.
std::string shape_of(std::string_view pattern) {
  std::vector<std::string> segments = split(pattern, '/');
  for (std::string& segment : segments) {
    if (is_parameter(segment)) segment = "{}";
  }
  return join(segments, "/");
}

/// How the path meets the pattern; nothing where it does not. A text before a parameter, from the
/// left, makes a match the better one.
struct Fit {
  std::string rank;
  std::map<std::string, std::string> parameters;
};

std::optional<Fit> fit(std::string_view pattern, const std::vector<std::string>& path) {
  const std::vector<std::string> segments = split(pattern, '/');
  if (segments.size() != path.size()) return std::nullopt;
  Fit found;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool parameter = is_parameter(segments[i]);
    if (parameter ? path[i].empty() : segments[i] != path[i]) return std::nullopt;
    if (parameter) found.parameters[name_in(segments[i])] = path[i];
    found.rank += parameter ? '0' : '1';
  }
  return found;
}

std::optional<WebRefusal> misfit_of_query(const Route& route, const WebRequest& request) {
  const std::vector<RouteParameter> parameters = query_parameters(route);
  std::vector<std::string> known;
  known.reserve(parameters.size());
  for (const RouteParameter& parameter : parameters) {
    known.push_back(parameter.name);
    if (parameter.required && !request.query.contains(parameter.name))
      return WebRefusal{400, fmt::format("the parameter '{}' is missing", parameter.name)};
  }
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest(name, known);
    return WebRefusal{400,
                      fmt::format("there is no parameter '{}' here{}",
                                  printable(name, 40),
                                  near.empty() ? "" : fmt::format("; is it '{}'?", near))};
  }
  return std::nullopt;
}

std::optional<WebRefusal> misfit_of_body(const Route& route, const WebRequest& request) {
  if (request.body.empty()) return std::nullopt;
  if (route.body_types.empty()) return WebRefusal{415, "no body is taken here"};
  const std::string field = request.header("content-type");
  const std::string_view type = trim(std::string_view(field).substr(0, field.find(';')));
  if (std::ranges::find(route.body_types, type) != route.body_types.end()) return std::nullopt;
  return WebRefusal{415, "the Content-Type has to be " + join(route.body_types, " or ")};
}

bool is_for_effects(const Route& route) {
  return route.scope == Scope::DrillStart || route.scope == Scope::DrillStop;
}

}  // namespace

RouteAction RouteAction::get(LookingHandler handler) {
  return {"GET", false, std::move(handler)};
}

RouteAction RouteAction::post(LookingHandler handler) {
  return {"POST", false, std::move(handler)};
}

RouteAction RouteAction::post(MovingHandler handler) {
  return {"POST", true, with_effect(std::move(handler))};
}

RouteAction RouteAction::remove(MovingHandler handler) {
  return {"DELETE", true, with_effect(std::move(handler))};
}

LookingHandler RouteAction::with_effect(MovingHandler handler) {
  return [handler = std::move(handler)](RoutedRequest request) {
    return handler(std::move(request), Effect());
  };
}

std::optional<WebRefusal> misfit(const Route& route, const WebRequest& request) {
  if (auto of_query = misfit_of_query(route, request)) return of_query;
  return misfit_of_body(route, request);
}

std::vector<std::string> names_in_pattern(std::string_view pattern) {
  std::vector<std::string> names;
  for (const std::string& segment : split(pattern, '/')) {
    if (is_parameter(segment)) names.push_back(name_in(segment));
  }
  return names;
}

std::vector<RouteParameter> query_parameters(const Route& route) {
  const std::vector<std::string> in_path = names_in_pattern(route.pattern);
  std::vector<RouteParameter> of_query;
  std::ranges::copy_if(route.parameters, std::back_inserter(of_query), [&](const auto& each) {
    return std::ranges::find(in_path, each.name) == in_path.end();
  });
  return of_query;
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  std::set<std::string> known;
  for (const Route& route : routes_) {
    const std::string name = route.method() + " " + route.pattern;
    if (!route.pattern.starts_with('/')) fail("the route {} has no path", name);
    if (is_for_effects(route) && !route.action.has_effect())
      fail("the route {} has no effect, and yet needs the scope {}", name, name_of(*route.scope));
    if (!known.insert(route.method() + " " + shape_of(route.pattern)).second)
      fail("the route {} is there twice", name);
    if (!known.insert(route.id).second) fail("two routes have the id {}", route.id);
  }
}

Router::Match Router::find(const std::string& method, const std::string& path) const {
  const std::vector<std::string> segments = split(path, '/');
  const std::string wanted = method == "HEAD" ? "GET" : method;
  Match best;
  std::string best_rank;
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    auto found = fit(route.pattern, segments);
    if (!found) continue;
    allowed.insert(route.method());
    if (route.method() == "GET") allowed.insert("HEAD");
    if (route.method() != wanted || (best.route != nullptr && found->rank <= best_rank)) continue;
    best.route = &route;
    best.parameters = std::move(found->parameters);
    best_rank = std::move(found->rank);
  }
  if (best.route == nullptr) best.allowed.assign(allowed.begin(), allowed.end());
  return best;
}

}  // namespace muster
