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

/// Whatever moves something takes one along. Only a route of POST or DELETE has one to give, and
/// what it gives it for stands in the audit log: no GET can move anything.
class Effect {
  friend class RouteAction;
  Effect() = default;
};

/// What only looks, and what has an effect.
using LookingHandler = std::function<Task<WebResponse>(RoutedRequest)>;
using MovingHandler = std::function<Task<WebResponse>(RoutedRequest, Effect)>;

/// How a route is asked, and what then is done.
class RouteAction {
 public:
  RouteAction() = default;  ///< a GET that answers nothing
  static RouteAction get(LookingHandler handler);
  /// A question that does not fit into an address.
  static RouteAction post(LookingHandler handler);
  static RouteAction post(MovingHandler handler);
  static RouteAction remove(MovingHandler handler);  ///< DELETE

  const std::string& method() const { return method_; }  ///< GET (and so HEAD), POST or DELETE
  bool has_effect() const { return has_effect_; }
  Task<WebResponse> run(RoutedRequest request) const { return run_(std::move(request)); }

 private:
  RouteAction(std::string method, bool has_effect, LookingHandler run)
      : method_(std::move(method)), has_effect_(has_effect), run_(std::move(run)) {}
  static LookingHandler with_effect(MovingHandler handler);

  std::string method_ = "GET";
  bool has_effect_ = false;
  LookingHandler run_;
};

/// A parameter of a path or a query, as the document says it.
struct RouteParameter {
  std::string name;
  std::string what;
  bool required = false;  ///< of a query; those of a path always are
};

/// An answer of a route beside the good one, and beside those that any route may give.
struct RouteAnswer {
  int status = 200;
  std::string what;                       ///< "The run goes on: its page is there"
  std::string type = "application/json";  ///< empty: it has no body
  json::object schema{};                  ///< empty: any object, or a text
};

/// A header of the good answer, as the document says it.
struct RouteHeader {
  std::string name;
  std::string what;
};

/// One line of the table that all is made from: what is answered, who may ask, the document.
struct Route {
  RouteAction action;
  std::string pattern;                       ///< "/runs/{id}/report"
  std::optional<Scope> scope;                ///< nothing: everybody may
  std::string id;                            ///< "getReport"; unique
  std::string summary;                       ///< "The report of a run"
  std::vector<RouteParameter> parameters{};  ///< those not in the pattern are of the query
  /// Types of body that it takes, the first one is the document's; empty: none.
  std::vector<std::string> body_types{};
  json::object body_schema{};  ///< JSON Schema; empty: any object
  int answer_status = 200;     ///< where all is well
  std::string answer_type = "application/json";
  json::object answer_schema{};  ///< empty: any object, or a text
  std::vector<RouteHeader> answer_headers{};
  std::vector<RouteAnswer> more_answers{};

  const std::string& method() const { return action.method(); }
};

/// Finds the route for a path. Text in a pattern is matched before a parameter.
class Router {
 public:
  /// Throws Error where two routes cannot be told apart, or one may be asked only by whoever may
  /// start or stop drills and has no effect: one of the two is wrong.
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
