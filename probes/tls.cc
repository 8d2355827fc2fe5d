// tls: whether a server proves who it is, and for how long its certificate still does.
#include <openssl/x509v3.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "probes/http_client.h"
#include "probes/kinds.h"
#include "probes/prober.h"
#include "probes/resolver.h"

namespace muster {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;

namespace {

constexpr double kSecondsPerDay = 86400;
constexpr std::uint16_t kHasCertificate = 1;  // the status of a sample whose value says something

/// The authorities are read once: it takes tens of milliseconds.
asio::ssl::context context_of(const json::object& params) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  boost::system::error_code error;
  if (find(params, "ca_file") == nullptr) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(text_at(params, "ca_file"), error);
    if (error) fail("ca_file '{}': {}", text_at(params, "ca_file"), error.message());
  }
  // The handshake goes on, so that a certificate that proves nothing still tells until when it was
  // meant to.
  context.set_verify_mode(asio::ssl::verify_none);
  return context;
}

double days_left(const X509* certificate) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1) return 0;
  return days + seconds / kSecondsPerDay;
}

class TlsProber final : public TaskProber {
 public:
  explicit TlsProber(const Watch& watch)
      : TaskProber(watch, duration_at(watch.item.params, "timeout"), SampleKind::Request),
        host_(text_at(watch.item.params, "host")),
        name_(find(watch.item.params, "name") == nullptr ? host_
                                                         : text_at(watch.item.params, "name")),
        port_(static_cast<unsigned short>(integer_at(watch.item.params, "port"))),
        context_(context_of(watch.item.params)),
        resolver_(make_resolver(watch.executor, watch.item.resolver, timeout_, 2)) {}

 protected:
  Task<> measure(Sample& sample) override {
    Task<> looking = look(sample);
    const bool ended = co_await with_deadline(watch_.clock, std::move(looking), timeout_);
    if (!ended) sample.outcome = Outcome::Timeout;
  }

 private:
  Task<> look(Sample& sample) {
    sample.outcome = Outcome::Dns;
    const std::string address = co_await find_address(sample);
    if (address.empty()) co_return;
    const tcp::endpoint endpoint(asio::ip::make_address(address), port_);
    Stream stream(watch_.executor, context_);
    tell_name(stream.native_handle());
    expect_name(stream.native_handle());
    const Time began = watch_.clock.now();
    auto [refused] =
        co_await stream.next_layer().async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
    sample.connect_us = microseconds(watch_.clock.now() - began);
    sample.outcome = outcome_of_connect(refused.value());
    if (refused) co_return;
    const Time connected = watch_.clock.now();
    auto [failure] = co_await stream.async_handshake(asio::ssl::stream_base::client,
                                                     asio::as_tuple(asio::use_awaitable));
    sample.tls_us = microseconds(watch_.clock.now() - connected);
    take(stream.native_handle(), failure, sample);
  }

  Task<std::string> find_address(Sample& sample) {
    if (is_address(host_)) co_return host_;
    const auto answer = std::make_shared<DnsAnswer>();
    const auto answered = std::make_shared<Happening>(watch_.executor);
    resolver_->ask(host_, DnsFamily::V4, [answer, answered](const DnsAnswer& said) {
      *answer = said;
      answered->set();
    });
    co_await answered->wait();
    sample.dns_us = microseconds(watch_.clock.now() - sample.sent);
    co_return answer->outcome == Outcome::Good ? answer->addresses.front() : std::string();
  }

  /// What the macro SSL_set_tlsext_host_name does, but for its cast.
  void tell_name(SSL* connection) {
    SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name_.data());
  }

  void expect_name(SSL* connection) const {
    if (is_address(name_)) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name_.c_str());
    } else {
      SSL_set1_host(connection, name_.c_str());
    }
  }

  void take(SSL* connection, boost::system::error_code failure, Sample& sample) {
    const X509* certificate = SSL_get0_peer_certificate(connection);
    if (certificate != nullptr) {
      sample.value = days_left(certificate);
      sample.status = kHasCertificate;
    }
    const long verified = SSL_get_verify_result(connection);
    if (!failure && verified == X509_V_OK) return;
    sample.outcome = Outcome::Tls;
    const std::string why =
        failure ? failure.message() : std::string(X509_verify_cert_error_string(verified));
    sample.text = watch_.recorder.text(why);
  }

  const std::string host_;
  std::string name_;
  const unsigned short port_;
  asio::ssl::context context_;
  std::unique_ptr<Resolver> resolver_;
};

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<TlsProber>(watch);
}

Schema fields() {
  return {{.name = "host", .type = Type::Text, .help = "name or address", .required = true},
          {.name = "port",
           .type = Type::Integer,
           .help = "to connect to",
           .fallback = "443",
           .least = 1,
           .most = 65535},
          {.name = "name",
           .type = Type::Text,
           .help = "that the certificate must be for, where it is not the host"},
          {.name = "ca_file",
           .type = Type::Text,
           .help = "authorities to trust instead of the system's"},
          {.name = "timeout",
           .type = Type::Duration,
           .help = "DNS, connecting and handshake together",
           .fallback = "2s",
           .least = 0.001,
           .most = 60}};
}

}  // namespace

ProbeKind tls_probe() {
  return {{.name = "tls",
           .summary = "connects, checks the certificate, and tells for how many days it is valid",
           .example = "tls:\n"
                      "  host: www.novvista.test\n"
                      "  port: 443\n",
           .fields = fields()},
          false,
          &at_vantages,
          &prober};
}

}  // namespace muster
