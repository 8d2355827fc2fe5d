#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/tasks.h"
#include "runner/serve/access.h"
#include "runner/serve/http_message.h"
#include "runner/settings/settings.h"

namespace muster {

/// A request that came through: what it asks for, and who asks.
struct RoutedRequest {
  WebRequest web;
  std::map<std::string, std::string> parameters;  ///< of the path, by name; never empty texts
  Caller caller;
};

using RouteHandler = std::function<Task<WebResponse>(RoutedRequest)>;

/// A parameter of a path or a query, as the document says it.
struct RouteParameter {
  std::string name;
  std::string what;
  bool required = false;  ///< of a query; those of a path always are
};

/// One line of the table that all is made from: what is answered, who may ask, the document.
struct Route {
  std::string method;                        ///< GET (and so HEAD), POST or DELETE
  std::string pattern;                       ///< "/runs/{id}/report"
  std::optional<Scope> scope;                ///< nothing: everybody may
  std::string id;                            ///< "getReport"; unique
  std::string summary;                       ///< "The report of a run"
  std::vector<RouteParameter> parameters{};  ///< those not in the pattern are of the query
  /// Types of body that it takes, the first one is the document's; empty: none.
  std::vector<std::string> body_types{};
  json::object body_schema{};
  std::string answer_type = "application/json";
  json::object answer_schema{};
  RouteHandler handler{};
};

/// Finds the route for a path. Text in a pattern is matched before a parameter.
class Router {
 public:
  /// Throws Error where two routes cannot be told apart, or a GET would have an effect.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  ///< nullptr: there is none
    std::map<std::string, std::string> parameters{};
    /// Where the path is known and the method is not: those that are. Else empty.
    std::vector<std::string> allowed{};
  };
  Match find(const std::string& method, const std::string& path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

/// What of the request the route does not know: a name in the query (misspelt it would be as if it
/// were not there, and the answer one to another question), one that is missing, a body or its
/// type. Nothing: all is well.
std::optional<WebRefusal> misfit(const Route& route, const WebRequest& request);

/// The names in a pattern, in its order: "id" of "/runs/{id}/report".
std::vector<std::string> names_in_pattern(std::string_view pattern);
/// The parameters of the query.
std::vector<RouteParameter> query_parameters(const Route& route);

}  // namespace muster
