#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "drills/schema.h"
#include "probes/http_client.h"
#include "probes/prober.h"
#include "probes/resolver.h"

/// The population of users who send the requests of the kinds that speak HTTP.
namespace muster {

/// How a population of users connects and looks names up: `connections`, `version` and `dns`.
Schema user_fields();
struct UserHabits {
  enum class Connections {
    Kept,     ///< a connection is used as long as the server keeps it
    Fresh,    ///< one for each request
    Browser,  ///< kept; where one address does not connect, the next of the answer is tried
  };
  Connections connections = Connections::Kept;
  bool http2 = false;
  bool cookies = false;
  DnsKeeping dns;
};
UserHabits user_habits(const json::object& params);

/// An answer with the time its user spent on DNS before.
struct UserAnswer {
  HttpAnswer http;
  std::uint32_t dns_us = 0;
};

/// Independent users, each with a DNS cache and connections of their own. When a user's cached
/// answer has expired the next request asks again, and goes to the new address where it changed.
class Users {
 public:
  using Handler = std::function<void(UserAnswer&)>;

  Users(const Watch& watch, Duration timeout, std::size_t most_in_flight, UserHabits habits = {});
  /// Told of every kept connection that the other end closes while nothing is asked on it.
  void on_closed(std::function<void(const ClosedConnection&)> handler) {
    closed_ = std::move(handler);
  }
  /// `handler` is called once, perhaps inside `send`. DNS and HTTP together take at most `timeout`.
  void send(std::uint32_t user,
            std::shared_ptr<const HttpCall> call,
            Duration timeout,
            Handler handler);
  /// The same for whoever waits for the answer.
  Task<UserAnswer> ask(std::uint32_t user, std::shared_ptr<const HttpCall> call, Duration timeout);
  using CallOf = std::function<std::shared_ptr<const HttpCall>(std::uint32_t user)>;
  /// Lets every user send his call once, unrecorded, to have its answer cached and its connection
  /// open.
  Task<> warm_up(const CallOf& call_of, Duration timeout);

 private:
  /// What one user knows of one name.
  struct Known {
    Known(Resolver& resolver, const std::string& host, DnsKeeping keeping)
        : cache(resolver, host, keeping) {}
    DnsCache cache;
    std::string answers;  ///< the address that last connected
  };
  struct Journey;

  Known& known(std::uint32_t user, const std::string& host);
  std::vector<std::string> in_order(std::uint32_t user,
                                    const std::string& host,
                                    std::vector<std::string> addresses);
  void begin(std::shared_ptr<Journey> journey, const DnsAnswer& dns, Duration spent);
  void attempt(std::shared_ptr<Journey> journey);

  Clock& clock_;
  const std::uint32_t count_;
  const UserHabits habits_;
  std::unique_ptr<Resolver> resolver_;
  std::vector<std::map<std::string, Known>> known_;
  std::function<void(const ClosedConnection&)> closed_;
  std::unique_ptr<HttpClient> client_;
};

/// Lets each of `count` users do something once before a drill, a bounded number at a time; `begin`
/// calls its second argument when that user is done. Takes at most ten seconds and the timeout; who
/// did not get his turn by then begins without.
Task<> for_each_user(std::uint32_t count,
                     Clock& clock,
                     Duration timeout,
                     std::function<void(std::uint32_t, Users::Handler)> begin);

}  // namespace muster
