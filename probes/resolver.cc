#include "probes/resolver.h"

#include <algorithm>

#include <arpa/inet.h>
#include <netdb.h>

#include <ares.h>
#include <boost/asio.hpp>

#include "base/error.h"

namespace muster {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::string address_text(const ares_addrinfo_node& node) {
  char text[INET6_ADDRSTRLEN] = "";
  if (node.ai_family == AF_INET) {
    ::inet_ntop(
        AF_INET, &reinterpret_cast<const sockaddr_in*>(node.ai_addr)->sin_addr, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6,
                &reinterpret_cast<const sockaddr_in6*>(node.ai_addr)->sin6_addr,
                text,
                sizeof text);
  }
  return text;
}

int rcode_of(int status) {
  switch (status) {
    case ARES_EFORMERR:
      return 1;
    case ARES_ESERVFAIL:
      return 2;
    case ARES_ENOTFOUND:
      return 3;
    case ARES_ENOTIMP:
      return 4;
    case ARES_EREFUSED:
      return 5;
    default:
      return 0;
  }
}

DnsAnswer answer_of(int status, const ares_addrinfo* info) {
  DnsAnswer answer;
  if (status == ARES_SUCCESS && info != nullptr && info->nodes != nullptr) {
    answer.outcome = Outcome::Good;
    int ttl = info->nodes->ai_ttl;
    for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
      answer.addresses.push_back(address_text(*node));
      ttl = std::min(ttl, node->ai_ttl);
    }
    for (const ares_addrinfo_cname* name = info->cnames; name != nullptr; name = name->next) {
      ttl = std::min(ttl, name->ttl);
    }
    answer.ttl = std::chrono::seconds(std::max(ttl, 0));
    return answer;
  }
  answer.outcome = status == ARES_ETIMEOUT ? Outcome::Timeout : Outcome::Dns;
  answer.rcode = rcode_of(status);
  answer.error = ares_strerror(status == ARES_SUCCESS ? ARES_ENODATA : status);
  return answer;
}

/// c-ares doubles its patience with each try; the first share is such that all tries together make
/// `whole`.
int first_patience_ms(Duration whole, int tries, std::int64_t servers) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(whole).count();
  return static_cast<int>(std::max<std::int64_t>(ms / (servers * ((1 << tries) - 1)), 1));
}

class AresResolver final : public Resolver {
 public:
  AresResolver(asio::any_io_executor executor,
               const std::string& server,
               Duration timeout,
               int tries)
      : executor_(std::move(executor)), timer_(executor_) {
    ares_options options{};
    char lookups[] = "b";
    char lookups_with_hosts[] = "fb";
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    const std::int64_t servers = 1 + std::count(server.begin(), server.end(), ',');
    // Less patience would send users to a second resolver, and so to what that has in its cache,
    // while the first is still finding out that one of its name servers is dead.
    options.tries = servers > 1 ? 1 : tries;
    options.timeout = first_patience_ms(timeout, options.tries, servers);
    options.lookups = server.empty() ? lookups_with_hosts : lookups;
    options.sock_state_cb = &AresResolver::socket_state;
    options.sock_state_cb_data = this;
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                     ARES_OPT_SOCK_STATE_CB;
    if (const int status = ares_init_options(&channel_, &options, mask); status != ARES_SUCCESS) {
      fail("c-ares: {}", ares_strerror(status));
    }
    if (server.empty()) return;
    if (const int status = ares_set_servers_ports_csv(channel_, server.c_str());
        status != ARES_SUCCESS) {
      ares_destroy(channel_);
      fail("'{}' is not the address of a resolver: {}", server, ares_strerror(status));
    }
  }

  AresResolver(const AresResolver&) = delete;
  AresResolver& operator=(const AresResolver&) = delete;
  ~AresResolver() override { ares_destroy(channel_); }

  void ask(const std::string& name, DnsFamily family, Handler handler) override {
    ares_addrinfo_hints hints{};
    hints.ai_family = family == DnsFamily::V4 ? AF_INET : AF_INET6;
    hints.ai_flags = ARES_AI_NOSORT;
    auto question = std::make_unique<Handler>(std::move(handler));
    ares_getaddrinfo(
        channel_, name.c_str(), nullptr, &hints, &AresResolver::answered, question.release());
    arm();
  }

 private:
  struct Socket {
    explicit Socket(const asio::any_io_executor& executor, int descriptor)
        : wait(executor, descriptor) {}
    asio::posix::stream_descriptor wait;
    bool reading = false;
    bool writing = false;
    bool read_armed = false;
    bool write_armed = false;
  };

  static void answered(void* argument, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Handler> handler(static_cast<Handler*>(argument));
    if (status == ARES_EDESTRUCTION) return;
    const DnsAnswer answer = answer_of(status, info);
    if (info != nullptr) ares_freeaddrinfo(info);
    (*handler)(answer);
  }

  static void socket_state(void* argument, ares_socket_t descriptor, int readable, int writable) {
    static_cast<AresResolver*>(argument)->watch(descriptor, readable != 0, writable != 0);
  }

  void watch(int descriptor, bool read, bool write) {
    auto found = sockets_.find(descriptor);
    if (!read && !write) {
      if (found == sockets_.end()) return;
      found->second->wait.release();  // c-ares closes it itself
      sockets_.erase(found);
      return;
    }
    if (found == sockets_.end()) {
      found = sockets_.emplace(descriptor, std::make_shared<Socket>(executor_, descriptor)).first;
    }
    found->second->reading = read;
    found->second->writing = write;
    listen(found->second);
  }

  void listen(const std::shared_ptr<Socket>& socket) {
    if (socket->reading && !std::exchange(socket->read_armed, true)) {
      socket->wait.async_wait(asio::posix::descriptor_base::wait_read,
                              [this, socket](boost::system::error_code error) {
                                socket->read_armed = false;
                                ready(socket, error, true);
                              });
    }
    if (socket->writing && !std::exchange(socket->write_armed, true)) {
      socket->wait.async_wait(asio::posix::descriptor_base::wait_write,
                              [this, socket](boost::system::error_code error) {
                                socket->write_armed = false;
                                ready(socket, error, false);
                              });
    }
  }

  void ready(const std::shared_ptr<Socket>& socket, boost::system::error_code error, bool read) {
    // Released while the handler was on its way: c-ares, and perhaps this resolver, no longer has
    // it.
    if (error || !socket->wait.is_open()) return;
    const int descriptor = socket->wait.native_handle();
    ares_process_fd(
        channel_, read ? descriptor : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : descriptor);
    if (socket->wait.is_open()) listen(socket);
    arm();
  }

  void arm() {
    timeval left{};
    if (ares_timeout(channel_, nullptr, &left) == nullptr) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::seconds(left.tv_sec) +
                         std::chrono::microseconds(left.tv_usec) + 1ms);
    timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](boost::system::error_code error) {
      if (error || alive.expired()) return;
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      arm();
    });
  }

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  std::map<int, std::shared_ptr<Socket>> sockets_;
  ares_channel channel_ = nullptr;
  const std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace

std::unique_ptr<Resolver> make_resolver(asio::any_io_executor executor,
                                        const std::string& server,
                                        Duration timeout,
                                        int tries) {
  return std::make_unique<AresResolver>(std::move(executor), server, timeout, tries);
}

bool is_address(const std::string& host) {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

void DnsCache::ask(const std::function<Time()>& clock, Resolver::Handler handler) {
  waiting_.push_back(std::move(handler));
  if (waiting_.size() > 1) return;
  resolver_.ask(name_, DnsFamily::V4, [this, clock](const DnsAnswer& answer) {
    if (answer.outcome != Outcome::Dns) return answered(answer, clock());
    // No IPv4 address: perhaps the name has another.
    resolver_.ask(name_, DnsFamily::V6, [this, clock](const DnsAnswer& second) {
      answered(second, clock());
    });
  });
}

void DnsCache::answered(const DnsAnswer& answer, Time now) {
  if (answer.outcome == Outcome::Good) {
    known_ = answer;
    valid_until_ = keeping_.forever
                       ? Time::max()
                       : now + std::max(keeping_.at_least, std::min(answer.ttl, keeping_.at_most));
  }
  for (const Resolver::Handler& handler : std::exchange(waiting_, {})) handler(answer);
}

}  // namespace muster
