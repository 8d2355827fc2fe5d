#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/host.h"
#include "base/once.h"
#include "drills/stack.h"

namespace muster {

/// The connections of this process to one login. A server takes ten sessions a connection unless it
/// was told otherwise, so each of ours carries a few and there are as many as are needed; each is
/// an ssh of its own in the background, which ends by itself soon after its last session.
class SshConnections {
 public:
  /// `here` runs ssh; it outlives this object.
  SshConnections(Host& here, const StackHost& host);

  /// One session's place on a connection; given back when it is destroyed.
  class Seat;
  enum class Take { Any, Answering };
  /// Connects where no connection has room. `Answering`: one whose ssh hangs is left behind for a
  /// new one. Throws Error that says why nobody gets in, and what to do about it.
  Task<std::unique_ptr<Seat>> take(Take which);

  /// argv of a session that runs `remote`, one line of fixed words, on the host.
  std::vector<std::string> session(const Seat& seat, const std::string& remote) const;
  /// argv of an sftp that takes its orders from stdin.
  std::vector<std::string> file_transfer(const Seat& seat) const;

  const std::string& login() const { return login_; }

 private:
  struct Connection;

  std::shared_ptr<Connection> with_room();
  Task<> connect(std::shared_ptr<Connection> connection);
  Task<bool> answers(std::shared_ptr<Connection> connection);
  std::vector<std::string> options(const Connection& connection) const;

  Host& here_;
  std::string login_;
  std::string id_;  ///< of this object, in the names of its sockets
  std::vector<std::string> settings_;
  std::vector<std::shared_ptr<Connection>> connections_;
  int made_ = 0;
};

struct SshConnections::Connection {
  std::string socket;  ///< where ssh listens for its sessions
  int sessions = 0;
  bool was_up = false;
  Once connected;  ///< forgotten while it is idle: its ssh may end then
};

class SshConnections::Seat {
 public:
  explicit Seat(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {
    ++connection_->sessions;
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() {
    if (--connection_->sessions == 0) connection_->connected.forget();
  }
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  std::shared_ptr<Connection> connection_;
};

/// What ssh said, as what is wrong and what to do; empty where it is not ssh that speaks.
std::string explain_ssh(const std::string& login, std::string_view said);

}  // namespace muster
