#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "drills/lab/programs/app/http.h"

namespace muster::app {

/// An HTTP/1.1 server with a fixed number of workers. One thread waits for all connections at once,
/// so that an idle one costs no worker; a worker takes a connection when a request has begun to
/// arrive and gives it back afterwards.
class HttpServer {
 public:
  using Handler = std::function<Response(const Request&)>;

  /// Listens on every IPv4 address. Throws std::system_error.
  explicit HttpServer(int port);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Serves until the process ends. `make_handler` is called once in each worker's thread.
  [[noreturn]] void run(int workers, const std::function<Handler()>& make_handler);

 private:
  struct Arrival {
    int connection = -1;
    std::chrono::steady_clock::time_point at;
  };

  void work(const Handler& handler);
  void serve(int connection, const Handler& handler);
  void accept_all();
  void await_request(int connection, int operation);
  void enqueue(int connection);
  int next_connection();

  int listener_ = -1;
  int poller_ = -1;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Arrival> arrivals_;
};

}  // namespace muster::app
