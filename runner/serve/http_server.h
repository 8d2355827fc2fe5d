#pragma once

#include <memory>
#include <string>

#include "runner/serve/http_message.h"

namespace muster {

struct WebServerOptions {
  std::string address = "127.0.0.1";  ///< an IP address
  int port = 0;                       ///< 0: any free one
  std::string certificate{};          ///< PEM files, a chain; empty: plain HTTP
  std::string key{};
  RequestLimits limits{};
  /// Where there are so many and one more comes, the least needed is closed: one on which nobody
  /// was recognised before others, one that waits before a stream, the longest waiting first. Only
  /// where every one is at work the new one is answered 503 and closed. One whose request has come
  /// is at work, read or not.
  std::size_t most_connections = 256;
  std::size_t most_connections_of_one_address = 128;  ///< address_key
  /// Of those on which nobody was recognised yet; each begins as one. What is left of all of them
  /// is for whoever may halt.
  std::size_t most_strangers = 192;
  std::size_t most_strangers_of_one_address = 64;
  std::size_t most_requests = 10'000;            ///< on one connection, which then ends
  Duration patience = std::chrono::seconds(10);  ///< for a head, a body, or a reader
  Duration keep_alive = std::chrono::seconds(30);
  Duration farewell = std::chrono::seconds(2);  ///< for answers on their way when it is stopped
};

class Log;

/// Answers one request. What it throws becomes 500, without its text, and one line in the log.
using WebHandler = std::function<Task<WebResponse>(WebRequest)>;

/// HTTP/1.1 over TCP or TLS 1.2 and up, on the caller's event loop. What a request may be says
/// RequestReader, what a response carries response_head. HEAD is asked of the handler as it is, and
/// answered without the body.
class WebServer {
 public:
  /// Binds; throws Error where the address cannot be had or the certificate cannot be read.
  WebServer(boost::asio::any_io_executor executor,
            WebServerOptions options,
            Log& log,
            WebHandler handler);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  int port() const;
  /// Serves until cancelled. Then no new connection is taken, idle ones and streams end at once,
  /// and answers on their way have until `farewell`. Once only.
  Task<> run();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster
