// postgres_lag: how far the write-ahead log has come on the primary and on each replica, seen from
// their own hosts. The lag is the difference of the two series; a partition between them hides
// neither.
#include <cstdlib>

#include <unistd.h>

#include <boost/asio.hpp>
#include <libpq-fe.h>

#include "base/clock.h"
#include "probes/kinds.h"
#include "probes/prober.h"

namespace muster {

namespace asio = boost::asio;

namespace {

// Asks the server what it is: after a promotion the replica's own position is the one that counts.
constexpr const char* kQuestion =
    "SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() "
    "END"
    " - '0/0'::pg_lsn)::text, pg_is_in_recovery()";

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Result = std::unique_ptr<PGresult, Finish>;

class PostgresProber final : public TaskProber {
 public:
  explicit PostgresProber(const Watch& watch)
      : TaskProber(watch, duration_at(watch.item.params, "timeout"), SampleKind::Gauge),
        conninfo_(text_at(watch.item.params, "conninfo")) {}

 protected:
  Task<> measure(Sample& sample) override {
    sample.outcome = Outcome::Other;
    Task<> asking = ask(sample);
    const bool ended = co_await with_deadline(watch_.clock, std::move(asking), timeout_);
    if (!ended) sample.outcome = Outcome::Timeout;
  }

 private:
  /// Leaves the outcome as it is where the server does not answer as it should.
  Task<> ask(Sample& sample) {
    Connection connection = co_await connect(sample);
    if (!connection) co_return;
    if (PQsendQuery(connection.get(), kQuestion) == 0) co_return;
    while (PQflush(connection.get()) == 1) co_await writable(*connection);
    while (PQisBusy(connection.get()) == 1) {
      co_await readable(*connection);
      if (PQconsumeInput(connection.get()) == 0) {
        sample.outcome = Outcome::Reset;
        co_return;
      }
    }
    take(Result(PQgetResult(connection.get())), sample);
    while (const Result rest{PQgetResult(connection.get())}) {
    }
    if (sample.outcome == Outcome::Good) idle_.push_back(std::move(connection));
  }

  Task<Connection> connect(Sample& sample) {
    if (!idle_.empty()) {
      Connection kept = std::move(idle_.back());
      idle_.pop_back();
      co_return kept;
    }
    Connection connection(PQconnectStart(conninfo_.c_str()));
    sample.outcome = Outcome::Refused;  // until it stands
    if (!connection || PQstatus(connection.get()) == CONNECTION_BAD) co_return nullptr;
    PostgresPollingStatusType wants = PGRES_POLLING_WRITING;
    while (wants == PGRES_POLLING_READING || wants == PGRES_POLLING_WRITING) {
      if (wants == PGRES_POLLING_READING) co_await readable(*connection);
      if (wants == PGRES_POLLING_WRITING) co_await writable(*connection);
      wants = PQconnectPoll(connection.get());
    }
    sample.connect_us = microseconds(watch_.clock.now() - sample.sent);
    if (wants != PGRES_POLLING_OK) co_return nullptr;
    sample.outcome = Outcome::Other;
    co_return connection;
  }

  Task<> readable(PGconn& connection) {
    return ready(connection, asio::posix::descriptor_base::wait_read);
  }
  Task<> writable(PGconn& connection) {
    return ready(connection, asio::posix::descriptor_base::wait_write);
  }

  Task<> ready(PGconn& connection, asio::posix::descriptor_base::wait_type what) {
    // A descriptor of our own: libpq may close its one, or open another, between two waits.
    asio::posix::stream_descriptor socket(watch_.executor, ::dup(PQsocket(&connection)));
    co_await socket.async_wait(what, asio::use_awaitable);
  }

  void take(const Result& result, Sample& sample) {
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1) return;
    if (PQgetisnull(result.get(), 0, 0) == 1) return;
    sample.value = std::strtod(PQgetvalue(result.get(), 0, 0), nullptr);
    const bool in_recovery = PQgetvalue(result.get(), 0, 1)[0] == 't';
    sample.text = watch_.recorder.text(in_recovery ? "replica" : "primary");
    sample.outcome = Outcome::Good;
  }

  const std::string conninfo_;
  std::vector<Connection> idle_;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  const StackService& service = watched_service(probe, stack, "postgres");
  const Params dsn = service.params.object("dsn");
  std::vector<ProbePlace> places;
  for (const std::string& host : service.hosts) {
    const StackHost* known = stack.host(host);
    if (known == nullptr || !dsn.has(host))
      fail("service '{}' has no dsn for host '{}'", service.name, host);
    json::object params = probe.params.values();
    params["conninfo"] = dsn.text(host);
    places.push_back({host, host, {}, known->region, std::move(params)});
  }
  return places;
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<PostgresProber>(watch);
}

}  // namespace

ProbeKind postgres_lag_probe() {
  return {{.name = "postgres_lag",
           .summary = "the position in the write-ahead log of a primary and its replicas, from "
                      "their own hosts",
           .example = "postgres_lag:\n"
                      "  service: db\n",
           .fields = {{.name = "service",
                       .type = Type::Name,
                       .help = "of kind postgres",
                       .required = true,
                       .refers = Refers::Service},
                      {.name = "timeout",
                       .type = Type::Duration,
                       .help = "connecting and answer together",
                       .fallback = "2s",
                       .least = 0.001,
                       .most = 60}}},
          false,
          &places,
          &prober};
}

}  // namespace muster
