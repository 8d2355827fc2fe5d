#include "probes/users.h"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "base/clock.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr int kResolverTries = 2;
/// RFC 8305's recommended delay before the next address is tried. A browser leaves the first
/// attempt running meanwhile; ours gives it up, which differs only where connecting takes longer
/// than this.
constexpr Duration kNextAddressAfter = 250ms;
/// Ten thousand requests at once would take longer than their timeout, and leave no connection
/// behind.
constexpr std::uint32_t kMostAtOnce = 64;
constexpr Duration kLongestTurns = 10s;  // then the rest begin cold

std::string optional_text(const json::object& params, std::string_view key) {
  return find(params, key) == nullptr ? std::string() : text_at(params, key);
}

}  // namespace

Schema user_fields() {
  return {
      {.name = "connections",
       .type = Type::Choice,
       .help = "kept; fresh: one for each request; browser: kept, and where an address does not "
               "connect within 250 ms the next one of the DNS answer is tried",
       .fallback = "kept",
       .choices = {"kept", "fresh", "browser"}},
      {.name = "version",
       .type = Type::Choice,
       .help = "of HTTP; 2 is offered to the server while TLS is set up, so the url is https, and "
               "where the server declines it is 1.1",
       .fallback = "1.1",
       .choices = {"1.1", "2"}},
      {.name = "dns",
       .type = Type::Object,
       .help = "how long a user keeps a DNS answer, where not as its TTL says",
       .fields = {{.name = "ttl",
                   .type = Type::Choice,
                   .help = "ignore: the first answer for ever, as programs do that look up once",
                   .fallback = "honour",
                   .choices = {"honour", "ignore"}},
                  {.name = "at_least",
                   .type = Type::Duration,
                   .help = "however short the TTL",
                   .fallback = "0s",
                   .least = 0,
                   .most = 86400},
                  {.name = "at_most",
                   .type = Type::Duration,
                   .help = "however long the TTL",
                   .fallback = "24h",
                   .least = 0,
                   .most = 86400}}}};
}

UserHabits user_habits(const json::object& params) {
  UserHabits habits;
  const std::string connections = optional_text(params, "connections");
  if (connections == "fresh") habits.connections = UserHabits::Connections::Fresh;
  if (connections == "browser") habits.connections = UserHabits::Connections::Browser;
  habits.http2 = optional_text(params, "version") == "2";
  habits.cookies = optional_text(params, "cookies") == "kept";
  const json::value* const dns = find(params, "dns");
  if (dns == nullptr) return habits;
  const json::object& keeping = dns->as_object();
  habits.dns.forever = optional_text(keeping, "ttl") == "ignore";
  if (find(keeping, "at_least") != nullptr) habits.dns.at_least = duration_at(keeping, "at_least");
  if (find(keeping, "at_most") != nullptr) habits.dns.at_most = duration_at(keeping, "at_most");
  return habits;
}

Users::Users(const Watch& watch, Duration timeout, std::size_t most_in_flight, UserHabits habits)
    : clock_(watch.clock),
      count_(static_cast<std::uint32_t>(std::max(watch.item.clients, 1))),
      habits_(habits),
      resolver_(make_resolver(watch.executor, watch.item.resolver, timeout, kResolverTries)),
      known_(count_),
      client_(make_http_client(watch.executor,
                               {.users = count_,
                                .most_in_flight = most_in_flight,
                                .one_connection_each = habits_.http2,
                                .cookies = habits_.cookies,
                                .closed = [this](const ClosedConnection& connection) {
                                  if (closed_) closed_(connection);
                                }})) {}

/// One request on its way, from the name to the last address tried.
struct Users::Journey {
  std::uint32_t user = 0;
  std::shared_ptr<const HttpCall> call;
  Time end;
  Handler handler;
  std::uint32_t dns_us = 0;
  std::vector<std::string> addresses;
  std::size_t next = 0;
};

Users::Known& Users::known(std::uint32_t user, const std::string& host) {
  auto& names = known_[user % count_];
  return names.try_emplace(host, *resolver_, host, habits_.dns).first->second;
}

void Users::send(std::uint32_t user,
                 std::shared_ptr<const HttpCall> call,
                 Duration timeout,
                 Handler handler) {
  const std::string& host = host_of(*call);
  const Time began = clock_.now();
  auto journey = std::make_shared<Journey>();
  journey->user = user;
  journey->call = std::move(call);
  journey->end = began + timeout;
  journey->handler = std::move(handler);
  if (is_address(host)) {
    journey->addresses = {host};
    return attempt(std::move(journey));
  }
  DnsCache& names = known(user, host).cache;
  if (const DnsAnswer* answer = names.known(began))
    return begin(std::move(journey), *answer, Duration::zero());
  names.ask([this] { return clock_.now(); },
            [this, journey, began](const DnsAnswer& answer) {
              begin(journey, answer, clock_.now() - began);
            });
}

Task<UserAnswer> Users::ask(std::uint32_t user,
                            std::shared_ptr<const HttpCall> call,
                            Duration timeout) {
  const auto executor = co_await boost::asio::this_coro::executor;
  // Whoever waits may be cancelled before the answer comes.
  const auto answer = std::make_shared<UserAnswer>();
  const auto answered = std::make_shared<Happening>(executor);
  send(user, std::move(call), timeout, [answer, answered](UserAnswer& said) {
    *answer = std::move(said);
    answered->set();
  });
  co_await answered->wait();
  co_return std::move(*answer);
}

/// The address that served the user last comes first, as long as it is in the answer.
std::vector<std::string> Users::in_order(std::uint32_t user,
                                         const std::string& host,
                                         std::vector<std::string> addresses) {
  if (habits_.connections != UserHabits::Connections::Browser) return {addresses.front()};
  const auto last = std::ranges::find(addresses, known(user, host).answers);
  if (last != addresses.end()) std::rotate(addresses.begin(), last, last + 1);
  return addresses;
}

void Users::begin(std::shared_ptr<Journey> journey, const DnsAnswer& dns, Duration spent) {
  journey->dns_us = microseconds(spent);
  if (dns.outcome != Outcome::Good || clock_.now() >= journey->end) {
    UserAnswer answer;
    answer.http.outcome = Outcome::Dns;
    answer.dns_us = journey->dns_us;
    return journey->handler(answer);
  }
  journey->addresses = in_order(journey->user, host_of(*journey->call), dns.addresses);
  attempt(std::move(journey));
}

void Users::attempt(std::shared_ptr<Journey> journey) {
  const std::string address = journey->addresses[journey->next++];
  const bool last = journey->next == journey->addresses.size();
  const Duration left = journey->end - clock_.now();
  const Duration connect_within = last ? left : std::min(left, kNextAddressAfter);
  client_->send(journey->user,
                journey->call,
                address,
                left,
                connect_within,
                [this, journey, address, last](HttpAnswer& http) {
                  const bool connected = http.outcome == Outcome::Good || http.reached;
                  if (!connected && !last && clock_.now() < journey->end) return attempt(journey);
                  const std::string& host = host_of(*journey->call);
                  if (connected && journey->addresses.size() > 1)
                    known(journey->user, host).answers = address;
                  UserAnswer answer{std::move(http), journey->dns_us};
                  journey->handler(answer);
                });
}

Task<> Users::warm_up(const CallOf& call_of, Duration timeout) {
  const std::function<void(std::uint32_t, Handler)> send_one = [&](std::uint32_t user,
                                                                   Handler answered) {
    send(user, call_of(user), timeout, std::move(answered));
  };
  co_await for_each_user(count_, clock_, timeout, send_one);
}

Task<> for_each_user(std::uint32_t count,
                     Clock& clock,
                     Duration timeout,
                     std::function<void(std::uint32_t, Users::Handler)> begin) {
  auto busy = std::make_shared<std::uint32_t>(0);
  const Time last_begin = clock.now() + kLongestTurns;
  for (std::uint32_t user = 0; user < count && clock.now() < last_begin; ++user) {
    while (*busy >= kMostAtOnce && clock.now() < last_begin) co_await clock.sleep_for(1ms);
    ++*busy;
    begin(user, [busy](UserAnswer&) { --*busy; });
  }
  const Time end = clock.now() + timeout + 500ms;
  while (*busy > 0 && clock.now() < end) co_await clock.sleep_for(2ms);
}

}  // namespace muster
