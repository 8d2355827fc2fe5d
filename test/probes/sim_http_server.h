#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/tasks.h"

namespace muster {

struct SimRequest {
  std::string method;
  std::string target;
  std::string head;  ///< whole
  std::string body;
  std::size_t connection = 0;  ///< on which it came; they are counted from 1
};

struct SimAnswer {
  enum class Way { Answer, Reset, Silence };
  int status = 200;
  std::string body;
  std::vector<std::string> headers;  ///< "name: value"
  Duration delay{};
  Way way = Way::Answer;
};

/// A small HTTP server on loopback, on the test's own loop, that does what the test says. Must be
/// stopped.
class SimHttpServer {
 public:
  using Handler = std::function<SimAnswer(const SimRequest&)>;
  /// Port 0: any free one.
  SimHttpServer(boost::asio::any_io_executor executor,
                Handler handler,
                const std::string& address = "127.0.0.1",
                unsigned short port = 0);
  ~SimHttpServer();

  unsigned short port() const;
  std::string url(const std::string& target) const;
  std::size_t connections() const;
  Task<> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster
