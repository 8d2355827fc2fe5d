#pragma once

#include <string>

namespace muster::postgres {

/// Takes connections of the server until only so many are left to ordinary users, and whatever
/// becomes free after that. Prints "ready" when it has them; never returns while it can go on. They
/// all end with this process.
struct ConnectionsToTake {
  std::string dsn;
  std::string name;  ///< application_name, by which they are told from others
  int leave = 0;     ///< beyond those that the server reserves for superusers
};
int take_connections(const ConnectionsToTake& order);

}  // namespace muster::postgres
