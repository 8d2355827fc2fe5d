#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio.hpp>

#include "base/tasks.h"
#include "base/text.h"

namespace muster {

/// Listens on loopback, on the loop of the test: transfers have threads of their own.
class LoopbackServer {
 public:
  explicit LoopbackServer(boost::asio::any_io_executor executor)
      : acceptor_(executor, {boost::asio::ip::address_v4::loopback(), 0}) {}
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  virtual ~LoopbackServer() = default;

  int port() const { return acceptor_.local_endpoint().port(); }

  Task<> run() {
    TaskGroup sessions(acceptor_.get_executor());
    sessions.spawn(accept(sessions));
    co_await sessions.join();
  }

 protected:
  using Socket = boost::asio::ip::tcp::socket;
  virtual Task<> talk(Socket socket) = 0;

  /// Up to and with `end`; less where the other one has gone.
  static Task<std::string> read_until(Socket& socket, std::string& buffer, std::string end) {
    co_await boost::asio::async_read_until(socket,
                                           boost::asio::dynamic_buffer(buffer),
                                           end,
                                           boost::asio::as_tuple(boost::asio::use_awaitable));
    const std::size_t found = buffer.find(end);
    const std::size_t length = found == std::string::npos ? buffer.size() : found + end.size();
    std::string text = buffer.substr(0, length);
    buffer.erase(0, length);
    co_return text;
  }

  static Task<> write(Socket& socket, std::string text) {
    auto bytes = boost::asio::buffer(text);
    co_await boost::asio::async_write(
        socket, bytes, boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  Task<> accept(TaskGroup& sessions) {
    for (;;) {
      Socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      sessions.spawn(talk(std::move(socket)));
    }
  }

  boost::asio::ip::tcp::acceptor acceptor_;
};

/// Keeps what it is sent and gives its answers in turn, the last one to all that come after.
class WebReceiver final : public LoopbackServer {
 public:
  static constexpr const char* kNever = "";

  WebReceiver(boost::asio::any_io_executor executor, std::vector<std::string> answers)
      : LoopbackServer(std::move(executor)), answers_(std::move(answers)) {}

  static std::string status(const std::string& line, const std::string& body = "") {
    return "HTTP/1.1 " + line + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }

  std::string url(const std::string& path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }

  struct Request {
    std::string head;
    std::string body;

    std::string header(const std::string& name) const {
      const std::string begin = "\r\n" + name + ": ";
      const std::size_t at = head.find(begin);
      if (at == std::string::npos) return "";
      return head.substr(at + begin.size(), head.find('\r', at + 2) - at - begin.size());
    }
  };
  std::vector<Request> requests;

 private:
  Task<> talk(Socket socket) override {
    std::string buffer;
    Request request;
    request.head = co_await read_until(socket, buffer, "\r\n\r\n");
    const std::size_t length = std::stoul("0" + request.header("Content-Length"));
    if (buffer.size() < length) {
      auto rest = boost::asio::dynamic_buffer(buffer);
      auto all = boost::asio::transfer_exactly(length - buffer.size());
      co_await boost::asio::async_read(socket, rest, all, boost::asio::use_awaitable);
    }
    request.body = buffer;
    const std::size_t turn = std::min(requests.size(), answers_.size() - 1);
    requests.push_back(std::move(request));
    if (answers_[turn] == kNever) co_await read_until(socket, buffer, "\r\n\r\n");
    co_await write(socket, answers_[turn]);
  }

  std::vector<std::string> answers_;
};

/// A mail server without TLS, which says what `replies` has for a verb.
class MailReceiver final : public LoopbackServer {
 public:
  using LoopbackServer::LoopbackServer;

  std::string url(const std::string& scheme = "smtp://",
                  const std::string& host = "127.0.0.1") const {
    return scheme + host + ":" + std::to_string(port());
  }

  std::map<std::string, std::string> replies = {{"EHLO", "250-here\r\n250 AUTH PLAIN"},
                                                {"AUTH", "334 "},
                                                {"MAIL", "250 so far"},
                                                {"RCPT", "250 known"},
                                                {"DATA", "354 begin"},
                                                {".", "250 taken"},
                                                {"QUIT", "221 bye"}};
  std::vector<std::string> commands;
  std::string message;  ///< the last one, as it came, without the dot that ended it

 private:
  Task<> talk(Socket socket) override {
    std::string buffer;
    co_await write(socket, "220 here\r\n");
    for (;;) {
      const std::string line = co_await read_until(socket, buffer, "\r\n");
      if (line.empty()) co_return;
      commands.emplace_back(trim(line));
      const std::string reply = reply_to(line.substr(0, 4));
      co_await write(socket, reply + "\r\n");
      if (!reply.starts_with("354")) continue;
      message = co_await read_until(socket, buffer, "\r\n.\r\n");
      message.resize(message.size() - std::min<std::size_t>(message.size(), 3));
      co_await write(socket, replies.at(".") + "\r\n");
    }
  }

  std::string reply_to(const std::string& verb) const {
    const auto found = replies.find(verb);
    return found == replies.end() ? "502 no such command" : found->second;
  }
};

/// The servers of one test; each lives until nobody talks to it any more.
class Servers {
 public:
  explicit Servers(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)), running_(executor_) {}

  WebReceiver& web(std::vector<std::string> answers) {
    return start(std::make_shared<WebReceiver>(executor_, std::move(answers)));
  }
  MailReceiver& mail() { return start(std::make_shared<MailReceiver>(executor_)); }
  Task<> stop() { return running_.stop(); }

 private:
  template <class Server>
  Server& start(std::shared_ptr<Server> server) {
    running_.spawn(run(server));
    return *server;
  }
  static Task<> run(std::shared_ptr<LoopbackServer> server) { co_await server->run(); }

  boost::asio::any_io_executor executor_;
  TaskGroup running_;
};

/// Runs `test`, a coroutine over Servers, and ends them with it.
template <class Test>
Task<> with_servers(Test& test) {
  Servers servers(co_await boost::asio::this_coro::executor);
  co_await test(servers);
  co_await servers.stop();
}

}  // namespace muster
