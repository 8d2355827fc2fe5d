#include "runner/serve/web_wire.h"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "base/error.h"

namespace muster {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace beast = boost::beast;
using asio::ip::tcp;

namespace {

constexpr Duration kToClose = std::chrono::seconds(1);
constexpr std::size_t kMostUnread = 1U << 20U;  ///< of a request that was refused before its end

using PlainStream = beast::tcp_stream;
using TlsStream = ssl::stream<beast::tcp_stream>;

/// What both kinds do alike, on whatever Stream.
template <class Stream>
class WireOn : public WebWire {
 public:
  template <class... Args>
  explicit WireOn(Args&&... args) : stream_(std::forward<Args>(args)...) {}

  Task<std::size_t> read(char* buffer, std::size_t size) override {
    const asio::mutable_buffer into(buffer, size);
    auto [error, count] =
        co_await stream_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::eof || error == ssl::error::stream_truncated) co_return 0;
    if (error) throw boost::system::system_error(error);
    co_return count;
  }

  Task<> write(std::string_view bytes) override {
    const asio::const_buffer from(bytes.data(), bytes.size());
    co_await asio::async_write(stream_, from, asio::use_awaitable);
  }

  bool has_unread() const override {
    boost::system::error_code gone;
    return beast::get_lowest_layer(stream_).socket().available(gone) > 0 && !gone;
  }

  void allow(Duration limit) override { lowest().expires_after(limit); }
  void allow_for_ever() override { lowest().expires_never(); }
  void cut() override { lowest().close(); }

 protected:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }
  Stream stream_;
};

class PlainWire final : public WireOn<PlainStream> {
 public:
  using WireOn::WireOn;

  Task<> greet() override { co_return; }

  Task<> close() override {
    boost::system::error_code gone;
    stream_.socket().shutdown(tcp::socket::shutdown_send, gone);
    allow(kToClose);
    std::array<char, 4096> unread;
    std::size_t total = 0;
    while (!gone && total < kMostUnread) {
      const std::size_t count = co_await read(unread.data(), unread.size());
      if (count == 0) break;
      total += count;
    }
    cut();
  }
};

class TlsWire final : public WireOn<TlsStream> {
 public:
  using WireOn::WireOn;

  Task<> greet() override {
    co_await stream_.async_handshake(ssl::stream_base::server, asio::use_awaitable);
  }

  Task<> close() override {
    allow(kToClose);
    co_await stream_.async_shutdown(asio::as_tuple(asio::use_awaitable));
    cut();
  }
};

}  // namespace

std::unique_ptr<WebWire> make_web_wire(tcp::socket socket, ssl::context* tls) {
  if (tls == nullptr) return std::make_unique<PlainWire>(std::move(socket));
  return std::make_unique<TlsWire>(std::move(socket), *tls);
}

std::unique_ptr<ssl::context> make_tls(const std::string& certificate, const std::string& key) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                       ssl::context::no_compression);
  boost::system::error_code problem;
  context->use_certificate_chain_file(certificate, problem);
  if (problem)
    fail("the certificate {} cannot be used: {}; it has to be a PEM file, the server's own first",
         certificate,
         problem.message());
  context->use_private_key_file(key, ssl::context::pem, problem);
  if (problem)
    fail("the key {} cannot be used: {}; it has to be the certificate's, without a password",
         key,
         problem.message());
  return context;
}

}  // namespace muster
