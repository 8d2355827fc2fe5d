#pragma once

#include <map>
#include <string>
#include <vector>

namespace muster {

/// Where a PostgreSQL store is: "postgresql://..." as libpq reads it, with what the environment
/// adds.
class PostgresLocation {
 public:
  struct Server {
    std::string host;     ///< "localhost" for a socket of this machine
    std::string port;     ///< "5432"
    std::string address;  ///< an IP literal where the location has one, or ""
    bool socket = false;
  };

  /// Throws Error that says nothing of what is in `uri`, for it may hold a password.
  explicit PostgresLocation(const std::string& uri);

  /// For people, without password and options: "postgresql://muster@pg-ops.example:5432/muster".
  std::string name() const;
  /// All that may be connected to, in the order in which it is tried.
  std::vector<Server> servers() const;
  /// For libpq, with what muster asks of each connection; a URI, for SOCI takes everything else
  /// apart at its blanks.
  std::string connect_uri() const;

 private:
  std::string value(const std::string& key) const;

  std::map<std::string, std::string> given_;
  std::map<std::string, std::string> defaults_;
};

}  // namespace muster
