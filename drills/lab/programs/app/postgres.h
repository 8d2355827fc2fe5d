#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

namespace muster::app {

using Row = std::vector<std::string>;

/// One connection, made when it is first needed and again when it is lost. For one thread.
class Postgres {
 public:
  explicit Postgres(std::string connection) : connection_string_(std::move(connection)) {}

  /// A statement that may be sent twice: it is, once, if the connection turns out to be dead.
  /// Throws Unavailable.
  std::vector<Row> read(const char* statement,
                        const std::vector<std::string>& parameters,
                        std::chrono::milliseconds deadline);
  /// A statement that must not be sent twice. A connection that is known to be dead is renewed
  /// before it is sent; after that, failure is Unavailable, and nobody knows whether it was
  /// executed.
  std::vector<Row> write(const char* statement,
                         const std::vector<std::string>& parameters,
                         std::chrono::milliseconds deadline);

 private:
  struct Answer;
  enum class IfLost { GiveUp, SendAgain };

  std::vector<Row> run(const char* statement,
                       const std::vector<std::string>& parameters,
                       std::chrono::milliseconds deadline,
                       IfLost if_lost);
  void connect();
  bool noticed_its_end();
  Answer send(const char* statement,
              const std::vector<std::string>& parameters,
              std::chrono::milliseconds deadline);
  Answer receive(std::chrono::milliseconds deadline);

  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::string connection_string_;
  std::unique_ptr<PGconn, Close> connection_;
};

}  // namespace muster::app
