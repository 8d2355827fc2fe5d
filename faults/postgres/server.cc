#include "faults/postgres/server.h"

#include <cstdlib>

namespace muster::postgres {

namespace {

/// The names of a standby's log files tell its timeline: what a control file says is as old as its
/// last checkpoint.
constexpr const char* kQuestion =
    "set statement_timeout = '1s';"
    "select pg_is_in_recovery(),"
    " case when pg_is_in_recovery() then"
    "  (select max(('x' || left(name, 8))::bit(32)::int) from pg_ls_waldir()"
    "   where name ~ '^[0-9A-F]{24}$')"
    " else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end,"
    " case when pg_is_in_recovery() then"
    "  coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')"
    " else pg_current_wal_lsn() end - '0/0'::pg_lsn,"
    " exists (select from pg_stat_wal_receiver where status = 'streaming'),"
    " (select count(*) from pg_stat_replication where state = 'streaming')";

std::string first_line(std::string text) {
  return text.substr(0, text.find('\n'));
}

Server unknown(std::string complaint) {
  Server server;
  server.complaint = first_line(std::move(complaint));
  return server;
}

}  // namespace

Connection connect(const std::string& dsn, const std::string& name) {
  const char* const keys[] = {"dbname", "application_name", nullptr};
  const char* const values[] = {dsn.c_str(), name.c_str(), nullptr};
  return Connection(PQconnectdbParams(keys, values, 1));
}

Server look_at(const std::string& dsn) {
  const Connection connection = connect(dsn, "muster");
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    const std::string error = PQerrorMessage(connection.get());
    Server server = unknown(error);
    // Only that is proof: whatever does not answer may be cut off and take writes from others.
    if (error.find("Connection refused") != std::string::npos) server.state = Server::State::Down;
    return server;
  }
  const Result result(PQexec(connection.get(), kQuestion));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1)
    return unknown(PQresultErrorMessage(result.get()));
  const auto value = [&](int column) {
    return PQgetvalue(result.get(), 0, column);
  };
  Server server;
  server.state = value(0)[0] == 't' ? Server::State::Standby : Server::State::Primary;
  server.timeline = std::atoi(value(1));
  server.position = std::atoll(value(2));
  server.streams = value(3)[0] == 't';
  server.followers = std::atoi(value(4));
  return server;
}

}  // namespace muster::postgres
