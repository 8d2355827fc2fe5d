#include "runner/serve/web_wire.h"

#include <openssl/err.h>

#include <boost/asio/ssl.hpp>

#include "base/error.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/certificate.h"
#include "test/runner/serve/web_client.h"

using namespace muster;
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace {

struct Tls : ScratchHome {
  Certificate made{path};

  WebServerOptions options() const {
    WebServerOptions chosen;
    chosen.certificate = made.certificate;
    chosen.key = made.key;
    return chosen;
  }
};

Task<WebResponse> echo(WebRequest request) {
  WebResponse response;
  response.body = request.path + (request.encrypted ? " in secret" : " in the open");
  co_return response;
}

/// What a client of the given TLS versions hears, or why the handshake failed.
Task<> ask(WebLab& lab, ssl::context& context, std::string& heard) {
  RawClient client(lab);
  co_await client.connect();
  ssl::stream<asio::ip::tcp::socket&> stream(client.socket(), context);
  auto [error] = co_await stream.async_handshake(ssl::stream_base::client,
                                                 asio::as_tuple(asio::use_awaitable));
  if (error) {
    heard = error.message();
    co_return;
  }
  const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  co_await asio::async_write(stream, asio::buffer(request), asio::use_awaitable);
  co_await asio::async_read(
      stream, asio::dynamic_buffer(heard), asio::as_tuple(asio::use_awaitable));
}

/// With the given version and no other.
std::string heard_with(int version, const WebServerOptions& options) {
  WebLab lab(echo, options);
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_cipher_list(context.native_handle(), "DEFAULT@SECLEVEL=0");  // else it would not try
  SSL_CTX_set_min_proto_version(context.native_handle(), version);
  SSL_CTX_set_max_proto_version(context.native_handle(), version);
  std::string heard;
  BOOST_TEST(lab.during(ask(lab, context, heard)));
  return heard;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(web_wire, Tls)

BOOST_AUTO_TEST_CASE(tls_1_2_and_1_3_are_spoken) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::string heard = heard_with(version, options());
    BOOST_TEST(heard.starts_with("HTTP/1.1 200 OK\r\n"));
    BOOST_TEST(heard.ends_with("/x in secret"));
    BOOST_TEST(heard.find("Strict-Transport-Security: ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(older_versions_are_refused_by_the_server) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
    BOOST_TEST(heard_with(version, options()).starts_with("tlsv1 alert protocol version"));
}

BOOST_AUTO_TEST_CASE(plain_http_is_not_answered_where_tls_is_spoken) {
  WebLab lab(echo, options());
  const auto visit = [](WebLab& where, std::string& heard) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    co_await client.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    heard = co_await client.hear_all();
  };
  std::string heard;
  BOOST_TEST(lab.during(visit(lab, heard)));
  BOOST_TEST(heard.find("HTTP/1.1") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_does_not_go_on_is_cut) {
  WebServerOptions hasty = options();
  hasty.patience = std::chrono::milliseconds(40);
  WebLab lab(echo, hasty);
  const auto visit = [](WebLab& where, bool& cut) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    co_await client.say("\x16\x03\x01");
    co_await client.hear_all();
    cut = true;
  };
  bool cut = false;
  BOOST_TEST(lab.during(visit(lab, cut)));
  BOOST_TEST(cut);
}

BOOST_AUTO_TEST_CASE(a_stream_goes_through_tls_as_well) {
  const auto two = [](WebRequest) -> Task<WebResponse> {
    WebResponse response;
    response.stream = [](std::function<Task<>(std::string)> send) -> Task<> {
      co_await send("data: 1\n\n");
      co_await send("data: 2\n\n");
    };
    co_return response;
  };
  WebLab lab(two, options());
  ssl::context context(ssl::context::tls_client);
  std::string heard;
  BOOST_TEST(lab.during(ask(lab, context, heard)));
  BOOST_TEST(heard.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\n"));
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_together_are_named) {
  const auto complaint = [](const std::string& certificate, const std::string& key) {
    try {
      make_tls(certificate, key);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  std::filesystem::create_directory(path / "other");
  const Certificate other(path / "other");
  BOOST_TEST(complaint(made.certificate, made.key) == "");
  BOOST_TEST(complaint(made.key, made.key).starts_with("the certificate " + made.key.string()));
  BOOST_TEST(complaint(made.certificate, other.key).starts_with("the key " + other.key.string()));
  BOOST_TEST(complaint(made.certificate, "/nowhere").starts_with("the key /nowhere cannot be "));
}

BOOST_AUTO_TEST_SUITE_END()
