#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/log.h"
#include "base/tasks.h"
#include "runner/serve/http_server.h"

namespace muster {

/// A server on a free port of the loopback and, in the same loop, whoever asks it.
class WebLab {
 public:
  explicit WebLab(WebHandler handler, WebServerOptions options = {})
      : server(loop_.get_executor(), std::move(options), log_, std::move(handler)) {}

  /// Runs `visit` while the server serves; false where it took half a minute.
  bool during(Task<> visit) {
    std::exception_ptr error;
    bool ended = false;
    boost::asio::cancellation_signal stop;
    boost::asio::co_spawn(
        loop_,
        server.run(),
        boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    boost::asio::co_spawn(loop_, std::move(visit), [&](std::exception_ptr thrown) {
      error = thrown;
      ended = true;
      stop.emit(boost::asio::cancellation_type::all);
    });
    loop_.run_for(std::chrono::seconds(30));
    if (error) std::rethrow_exception(error);
    return ended && loop_.stopped();
  }

  boost::asio::io_context& loop() { return loop_; }

 private:
  boost::asio::io_context loop_;
  Log log_{false};

 public:
  WebServer server;
};

/// A connection that says exactly what it is told to.
class RawClient {
 public:
  explicit RawClient(WebLab& lab) : lab_(lab), socket_(lab.loop()) {}

  Task<> connect() {
    const auto server = there();
    co_await socket_.async_connect(server, boost::asio::use_awaitable);
  }

  /// False where the other side would not take all of it.
  Task<bool> say(std::string text) {
    auto [error, count] = co_await boost::asio::async_write(
        socket_, boost::asio::buffer(text), boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return !error;
  }

  /// These two before anybody else in the loop has a turn.
  void connect_at_once() { socket_.connect(there()); }
  void say_at_once(const std::string& text) {
    boost::asio::write(socket_, boost::asio::buffer(text));
  }

  /// Half of the connection is closed: there is nothing more to say.
  void end_of_words() {
    boost::system::error_code gone;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, gone);
  }

  /// All that comes until the server closes.
  Task<std::string> hear_all() {
    std::string heard = std::exchange(heard_, "");
    co_await boost::asio::async_read(socket_,
                                     boost::asio::dynamic_buffer(heard),
                                     boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return heard;
  }

  /// One response whose length is known by its head, or what came before the end.
  Task<std::string> hear_one(bool with_body = true) {
    co_await hear_until("\r\n\r\n");
    const std::size_t head = heard_.find("\r\n\r\n") + 4;
    const std::size_t field = heard_.find("Content-Length: ");
    std::size_t length = head;
    if (with_body && field < head) length += std::stoul(heard_.substr(field + 16));
    if (heard_.size() < length) {
      co_await boost::asio::async_read(socket_,
                                       boost::asio::dynamic_buffer(heard_),
                                       boost::asio::transfer_exactly(length - heard_.size()),
                                       boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    std::string one = heard_.substr(0, length);
    heard_.erase(0, length);
    co_return one;
  }

  Task<> hear_until(std::string mark) {
    co_await boost::asio::async_read_until(socket_,
                                           boost::asio::dynamic_buffer(heard_),
                                           mark,
                                           boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  const std::string& heard() const { return heard_; }
  void leave() { socket_.close(); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  boost::asio::ip::tcp::endpoint there() const {
    return {boost::asio::ip::address_v4::loopback(),
            static_cast<std::uint16_t>(lab_.server.port())};
  }

  WebLab& lab_;
  boost::asio::ip::tcp::socket socket_;
  std::string heard_;
};

/// 0 where it is no response.
inline int status_of(const std::string& response) {
  if (!response.starts_with("HTTP/1.1 ")) return 0;
  return std::stoi(response.substr(9, 3));
}

}  // namespace muster
