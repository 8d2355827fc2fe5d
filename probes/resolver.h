#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/time.h"
#include "probes/sample.h"

namespace muster {

/// What a DNS server said to one question.
struct DnsAnswer {
  Outcome outcome =
      Outcome::Dns;  ///< Good, Timeout (nobody answered) or Dns (no such name, refused, broken)
  std::vector<std::string> addresses;  ///< in the order of the answer; not empty where Good
  Duration ttl{};                      ///< the smallest of the answer's records
  int rcode = 0;                       ///< of DNS: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED; 0 without any
  std::string error;                   ///< c-ares' words where it is not Good
};

enum class DnsFamily { V4, V6 };

/// Asks one DNS server, never a cache of its own. The only user of c-ares. Answers come on the
/// executor, or at once (from /etc/hosts) inside `ask`. Once it is destroyed no open question is
/// answered any more.
class Resolver {
 public:
  using Handler = std::function<void(const DnsAnswer&)>;

  virtual ~Resolver() = default;
  virtual void ask(const std::string& name, DnsFamily family, Handler handler) = 0;
};

/// `server` is "10.1.0.53", "127.0.0.1:5353" or "[::1]:53", or several with commas between: the
/// next is asked where one does not answer. Empty: what this host itself is set up to ask, with
/// /etc/hosts first. One server is asked `tries` times, each of several once; a question is given
/// up after `timeout` in all.
std::unique_ptr<Resolver> make_resolver(boost::asio::any_io_executor executor,
                                        const std::string& server,
                                        Duration timeout,
                                        int tries);

/// "10.1.0.10" and "::1" need no resolver.
bool is_address(const std::string& host);

/// How long a user's machine keeps an answer: as its TTL says, within bounds, or for ever, as
/// programs do that look a name up once.
struct DnsKeeping {
  bool forever = false;
  Duration at_least{};
  Duration at_most = std::chrono::hours(24);
};

/// What one user's machine remembers of one name. Requests that come while the question is open
/// wait for the same answer. A failure is not remembered.
class DnsCache {
 public:
  DnsCache(Resolver& resolver, std::string name, DnsKeeping keeping = {})
      : resolver_(resolver), name_(std::move(name)), keeping_(keeping) {}
  DnsCache(const DnsCache&) = delete;
  DnsCache& operator=(const DnsCache&) = delete;
  ~DnsCache() = default;

  /// The answer that is still valid at `now`, or nullptr: then `ask`.
  const DnsAnswer* known(Time now) const { return now < valid_until_ ? &known_ : nullptr; }
  /// Calls `handler` when the resolver has answered; `clock` says what time it is then.
  void ask(const std::function<Time()>& clock, Resolver::Handler handler);

 private:
  void answered(const DnsAnswer& answer, Time now);

  Resolver& resolver_;
  const std::string name_;
  const DnsKeeping keeping_;
  DnsAnswer known_;
  Time valid_until_{};
  std::vector<Resolver::Handler> waiting_;
};

}  // namespace muster
