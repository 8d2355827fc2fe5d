// tcp: whether a port takes connections, and how long that takes.
#include <boost/asio.hpp>

#include "base/clock.h"
#include "probes/http_client.h"
#include "probes/kinds.h"
#include "probes/prober.h"
#include "probes/resolver.h"

namespace muster {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

Task<> connect(tcp::socket& socket, tcp::endpoint to, boost::system::error_code& error) {
  auto [failure] = co_await socket.async_connect(to, asio::as_tuple(asio::use_awaitable));
  if (failure == asio::error::operation_aborted) throw boost::system::system_error(failure);
  error = failure;
}

class TcpProber final : public TaskProber {
 public:
  explicit TcpProber(const Watch& watch)
      : TaskProber(watch, duration_at(watch.item.params, "timeout"), SampleKind::Request),
        host_(text_at(watch.item.params, "host")),
        port_(static_cast<unsigned short>(integer_at(watch.item.params, "port"))),
        resolver_(make_resolver(watch.executor, watch.item.resolver, timeout_, 2)) {
    for (int i = 0; i < std::max(watch.item.clients, 1); ++i) {
      names_.push_back(std::make_unique<DnsCache>(*resolver_, host_));
    }
  }

 protected:
  Task<> measure(Sample& sample) override {
    const std::string address = co_await find_address(sample);
    if (address.empty()) {
      sample.outcome = Outcome::Dns;
      co_return;
    }
    const Time began = watch_.clock.now();
    const tcp::endpoint endpoint(asio::ip::make_address(address), port_);
    tcp::socket socket(watch_.executor);
    boost::system::error_code error;
    Task<> connecting = connect(socket, endpoint, error);
    const bool ended = co_await with_deadline(
        watch_.clock, std::move(connecting), timeout_ - (began - sample.sent));
    sample.connect_us = microseconds(watch_.clock.now() - began);
    sample.text = watch_.recorder.text(address);
    sample.outcome = !ended ? Outcome::Timeout : outcome_of_connect(error.value());
  }

 private:
  /// The address this user goes to; empty where there is none.
  Task<std::string> find_address(Sample& sample) {
    if (is_address(host_)) co_return host_;
    DnsCache& names = *names_[sample.client % names_.size()];
    if (const DnsAnswer* known = names.known(sample.sent)) co_return known->addresses.front();
    const auto answer = std::make_shared<DnsAnswer>();
    const auto answered = std::make_shared<Happening>(watch_.executor);
    names.ask([this] { return watch_.clock.now(); },
              [answer, answered](const DnsAnswer& said) {
                *answer = said;
                answered->set();
              });
    co_await answered->wait();
    const Duration spent = watch_.clock.now() - sample.sent;
    sample.dns_us = microseconds(spent);
    co_return answer->outcome == Outcome::Good&& spent < timeout_ ? answer->addresses.front()
                                                                  : std::string();
  }

  const std::string host_;
  const unsigned short port_;
  std::unique_ptr<Resolver> resolver_;
  std::vector<std::unique_ptr<DnsCache>> names_;
};

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<TcpProber>(watch);
}

}  // namespace

ProbeKind tcp_probe() {
  return {
      {.name = "tcp",
       .summary = "connects to a port and closes the connection again",
       .example = "tcp:\n"
                  "  host: 10.1.0.20\n"
                  "  port: 5432\n",
       .fields = {{.name = "host", .type = Type::Text, .help = "name or address", .required = true},
                  {.name = "port",
                   .type = Type::Integer,
                   .help = "to connect to",
                   .required = true,
                   .least = 1,
                   .most = 65535},
                  {.name = "timeout",
                   .type = Type::Duration,
                   .help = "DNS and connecting together",
                   .fallback = "2s",
                   .least = 0.001,
                   .most = 60}}},
      false,
      &at_vantages,
      &prober};
}

}  // namespace muster
