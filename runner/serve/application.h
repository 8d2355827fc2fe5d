#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "runner/serve/access.h"
#include "runner/serve/audit.h"
#include "runner/serve/rate_limit.h"
#include "runner/serve/router.h"

namespace muster {

/// What stands between the wire and the routes: who asks, how often, whether they may, and that it
/// is written down. Whoever has shown a token that may stop drills is never asked too often to do
/// so, and what strangers are refused is summed up: they can fill no disk. A browser gets its
/// errors as pages, everybody else as JSON.
class Application {
 public:
  struct Parts {
    ServeSettings settings;
    Clock& clock;
    Log& log;
    AuditLog& audit;
    AccessControl& access;
    std::vector<Route> routes;
    /// A page for a browser that is refused: status, sentence, who asks.
    std::function<std::string(int, const std::string&, const Caller&)> error_page;
    std::function<void(const Route*, int status, Duration took)> counted;
  };
  explicit Application(Parts parts);

  Task<WebResponse> answer(WebRequest request);

 private:
  Task<WebResponse> answered(const Route& route, RoutedRequest request);
  std::optional<WebResponse> refusal(const Router::Match& match, const RoutedRequest& request);
  std::optional<WebResponse> too_often(const Route* route, const Caller& caller, bool may);
  AuditEntry entry(const Route& route, const RoutedRequest& request, int status) const;
  /// False where it cannot be written and the request must not be carried out.
  bool note(const Route& route, const AuditEntry& entry);
  /// Of what a stranger was refused; never in the way of anything.
  void tally(const AuditEntry& entry);
  void settle_tally();
  WebResponse refused(const WebRequest& request,
                      const Caller& caller,
                      int status,
                      const std::string& why) const;

  Parts parts_;
  Router router_;
  RateLimiter limiter_;
  RefusalTally refusals_;
};

/// Whether a person looks: a browser asks for HTML first.
bool wants_page(const WebRequest& request);
/// 303 to an address of this server.
WebResponse see_other(std::string_view address);
WebResponse json_answer(const json::value& value, int status = 200);

}  // namespace muster
