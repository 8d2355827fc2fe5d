#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/tasks.h"
#include "base/time.h"

namespace muster {

/// A request as it came, after the limits below were held. Names of headers are in lower case; one
/// that came twice makes the request a bad one (400), for two readers would see two values.
struct WebRequest {
  std::string method;                        ///< GET, HEAD, POST, DELETE; others are refused (405)
  std::string path;                          ///< decoded, begins with '/', no "..", no NUL
  std::map<std::string, std::string> query;  ///< decoded; a name that comes twice is refused
  std::map<std::string, std::string> headers;
  std::string body;
  std::string peer;  ///< address it came from
  bool encrypted = false;

  /// "" where there is none.
  std::string header(const std::string& name) const;
};

struct WebResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// A stream (text/event-stream): called after the head went out, with what sends a piece; ends
  /// when it returns, or the client goes.
  std::function<Task<>(std::function<Task<>(std::string)>)> stream{};
};

struct WebServerOptions {
  std::string address = "127.0.0.1";
  int port = 0;             ///< 0: any free one
  std::string certificate;  ///< PEM files; empty: plain HTTP
  std::string key;
  std::size_t most_header = 16U << 10U;
  std::size_t most_body = 256U << 10U;
  std::size_t most_connections = 256;            ///< further ones are answered 503 and closed
  Duration patience = std::chrono::seconds(10);  ///< for a head, a body, or a reader
  Duration keep_alive = std::chrono::seconds(30);
};

/// Answers one request. What it throws becomes 500, without its text.
using WebHandler = std::function<Task<WebResponse>(WebRequest)>;

/// HTTP/1.1 over TCP or TLS 1.2 and up, by Boost.Beast, on the caller's event loop. The only user
/// of Beast. Every response carries X-Content-Type-Options, Referrer-Policy and, unless the handler
/// says another, Cache-Control: no-store and a Content-Security-Policy that allows nothing.
class WebServer {
 public:
  /// Binds; throws Error where the address cannot be had or the certificate cannot be read.
  WebServer(boost::asio::any_io_executor executor, WebServerOptions options, WebHandler handler);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  int port() const;
  /// Serves until cancelled; then no new connection is taken and the open ones end.
  Task<> run();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster
