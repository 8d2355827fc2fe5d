#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <libpq-fe.h>

/// What the programs of muster-postgres see of a server. They run next to it, as an operation of a
/// guard: small, serial, and free of muster's libraries.
namespace muster::postgres {

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Result = std::unique_ptr<PGresult, Finish>;

/// May stand or not: PQstatus tells. `name` is how the server's own views call it.
Connection connect(const std::string& dsn, const std::string& name);

/// One server of a pair, as it is now.
struct Server {
  enum class State {
    Unknown,  ///< does not answer, starts, or ends: it may take writes
    Down,     ///< refuses connections: nobody is there
    Standby,
    Primary
  };
  State state = State::Unknown;
  int timeline = 0;            ///< of what it writes, or of the newest log that it was sent
  std::int64_t position = 0;   ///< bytes: the end of what it wrote, or received
  bool streams = false;        ///< a standby: its receiver is connected
  int followers = 0;           ///< standbys that stream from it
  std::string complaint = {};  ///< why it is not known
};

/// Asks once; takes as long as the DSN's connect_timeout at the most, and the answer a second.
Server look_at(const std::string& dsn);

}  // namespace muster::postgres
