#include "faults/postgres/connections.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "faults/postgres/server.h"

namespace muster::postgres {

namespace {

constexpr timespec kPause{0, 50'000'000};
constexpr int kFailed = 1;

/// Autovacuum, replication and other processes of the server have places of their own.
constexpr const char* kLeft =
    "select current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int - count(*)"
    " from pg_stat_activity where backend_type = 'client backend'";

/// How many ordinary users could connect now; false where the connection is lost.
bool ask_left(PGconn* connection, int& left) {
  const Result result(PQexec(connection, kLeft));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return false;
  left = std::atoi(PQgetvalue(result.get(), 0, 0));
  return true;
}

/// One more or less at a time, and then asked again: users come and go meanwhile, and where ours
/// are a superuser's the places that are reserved must stay free for whoever looks.
void adjust(std::vector<Connection>& taken, int left, const ConnectionsToTake& order) {
  if (left < 0 && taken.size() > 1) taken.pop_back();
  if (left <= order.leave) return;
  Connection another = connect(order.dsn, order.name);
  if (PQstatus(another.get()) == CONNECTION_OK) taken.push_back(std::move(another));
}

}  // namespace

int take_connections(const ConnectionsToTake& order) {
  bool told = false;
  std::vector<Connection> taken;  // the first asks, the others only hold their places
  for (;;) {
    if (taken.empty()) taken.push_back(connect(order.dsn, order.name));
    int left = 0;
    if (!ask_left(taken.front().get(), left)) {
      if (!told) {
        std::fprintf(stderr, "muster-postgres: %s", PQerrorMessage(taken.front().get()));
        return kFailed;
      }
      taken.clear();  // the server was restarted: whatever it had given is void
      ::nanosleep(&kPause, nullptr);
      continue;
    }
    adjust(taken, left, order);
    const bool enough = left >= 0 && left <= order.leave;
    if (enough && !told) {
      std::puts("ready");
      std::fflush(stdout);
      told = true;
    }
    if (enough) ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace muster::postgres
