#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/random.h"

namespace muster {

inline unsigned short free_port() {
  boost::asio::io_context loop;
  const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
  return boost::asio::ip::tcp::acceptor(loop, any).local_endpoint().port();
}

/// A folder of a test's own, gone at the end.
class ScratchFolder {
 public:
  ScratchFolder()
      : path_(std::filesystem::temp_directory_path() / fmt::format("muster-real-{:x}", entropy())) {
    std::filesystem::create_directory(path_);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A program that users run, started by a test on a port of loopback. It ends with the test.
class RealServer {
 public:
  RealServer() = default;
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;
  ~RealServer() {
    if (channel_) channel_->kill();
  }

  /// Returns when it takes connections.
  Task<> start(Host& here, std::vector<std::string> argv, unsigned short port) {
    const std::string name = argv.front();
    channel_ = co_await here.open(std::move(argv));
    const auto executor = co_await boost::asio::this_coro::executor;
    const boost::asio::ip::tcp::endpoint to(boost::asio::ip::address_v4::loopback(), port);
    SystemClock clock;
    for (int i = 0; i < 6000; ++i) {  // a Varnish compiles its settings
      boost::asio::ip::tcp::socket socket(executor);
      boost::system::error_code error;
      socket.connect(to, error);
      if (!error) co_return;
      co_await clock.sleep_for(std::chrono::milliseconds(10));
    }
    fail("{} takes no connection on port {}: {}", name, port, channel_->errors());
  }

  Task<> stop() {
    if (!channel_) co_return;
    channel_->kill();
    const int code = co_await channel_->wait();
    (void)code;
    channel_.reset();
  }

 private:
  std::unique_ptr<Channel> channel_;
};

}  // namespace muster
