#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drills/lab/programs/app/http.h"
#include "drills/lab/programs/app/jwt.h"
#include "drills/lab/programs/app/metrics.h"
#include "drills/lab/programs/app/options.h"
#include "drills/lab/programs/app/postgres.h"
#include "drills/lab/programs/app/redis.h"

namespace muster::app {

/// What all workers share.
struct Shared {
  explicit Shared(Options given) : options(std::move(given)) {}

  const Options options;
  Metrics metrics;
  std::atomic<int> writes_in_flight{0};
  std::atomic<unsigned> tokens_issued{0};
};

/// NovVista's pages, for one worker: each has its own connections, so that nothing here needs a
/// lock.
class Routes {
 public:
  explicit Routes(Shared& shared);

  /// Never throws Unavailable: a store that is away becomes a 503. A request without a method gets
  /// a 400.
  Response answer(const Request& request);

 private:
  struct Route;
  struct Session;
  static const Route kRoutes[];
  static const Route* find(const Request& request);

  // `rest` is what follows the route's own words in the path.
  Response article(const Request& request, std::string_view rest);
  Response publish(const Request& request, std::string_view rest);
  Response comments(const Request& request, std::string_view rest);
  Response add_comment(const Request& request, std::string_view rest);
  Response login(const Request& request, std::string_view rest);
  Response logout(const Request& request, std::string_view rest);
  Response logout_everywhere(const Request& request, std::string_view rest);
  Response me(const Request& request, std::string_view rest);
  Response add_entry(const Request& request, std::string_view rest);
  Response entries(const Request& request, std::string_view rest);
  Response health(const Request& request, std::string_view rest);
  Response alive(const Request& request, std::string_view rest);
  Response lag(const Request& request, std::string_view rest);
  Response metrics(const Request& request, std::string_view rest);

  /// Checks the token and asks the local denylist.
  Session session_of(const Request& request);
  /// Throws Unavailable where the denylist does not answer.
  bool is_denied(const Claims& claims);
  /// The denylist's entry, key and value, that revokes what a token stands for at this time.
  using Entry = std::pair<std::string, std::string> (*)(const Claims& claims, std::int64_t now);
  Response revoke(const Request& request, Entry entry_of);
  std::vector<Row> write(const char* statement, const std::vector<std::string>& parameters);

  Shared& shared_;
  Postgres local_;
  Postgres primary_;
  Redis local_denylist_;
  Redis primary_denylist_;
  /// Tokens that were not denied, and until when that is believed; empty without --deny-cache.
  std::map<std::string, std::chrono::steady_clock::time_point> believed_;
};

}  // namespace muster::app
