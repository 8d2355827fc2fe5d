#include "test/probes/sim_http_server.h"

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/text.h"

namespace muster {

namespace asio = boost::asio;
using asio::ip::tcp;

struct SimHttpServer::State {
  State(const asio::any_io_executor& executor, Handler does, const tcp::endpoint& at)
      : acceptor(executor, at), handler(std::move(does)), tasks(executor) {}
  tcp::acceptor acceptor;
  Handler handler;
  TaskGroup tasks;
  SystemClock clock;
  std::size_t connections = 0;
};

namespace {

std::size_t length_of_body(const std::string& head) {
  for (const std::string& line : split(head, '\n')) {
    constexpr std::string_view kName = "Content-Length:";
    if (line.starts_with(kName)) return std::stoul(line.substr(kName.size()));
  }
  return 0;
}

std::string wire(const SimAnswer& answer) {
  std::string text =
      fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\n", answer.status, answer.body.size());
  for (const std::string& header : answer.headers) text += header + "\r\n";
  return text + "\r\n" + answer.body;
}

Task<std::optional<SimRequest>> read_request(tcp::socket& socket, std::string& buffer) {
  auto target = asio::dynamic_buffer(buffer);
  auto [error, size] = co_await asio::async_read_until(
      socket, target, "\r\n\r\n", asio::as_tuple(asio::use_awaitable));
  if (error) co_return std::nullopt;
  const std::string head = buffer.substr(0, size);
  buffer.erase(0, size);
  const std::size_t wanted = length_of_body(head);
  while (buffer.size() < wanted) {
    auto [failure, more] = co_await asio::async_read(
        socket, target, asio::transfer_at_least(1), asio::as_tuple(asio::use_awaitable));
    if (failure) co_return std::nullopt;
  }
  const auto words = split(head, ' ');
  SimRequest request{words.at(0), words.at(1), head, buffer.substr(0, wanted), 0};
  buffer.erase(0, wanted);
  co_return request;
}

Task<> serve(std::shared_ptr<SimHttpServer::Handler> handler,
             tcp::socket socket,
             std::size_t connection) {
  SystemClock clock;
  std::string buffer;
  for (;;) {
    auto request = co_await read_request(socket, buffer);
    if (!request) co_return;
    request->connection = connection;
    const SimAnswer answer = (*handler)(*request);
    if (answer.way == SimAnswer::Way::Silence) continue;
    if (answer.way == SimAnswer::Way::Reset) {
      socket.set_option(asio::socket_base::linger(true, 0));
      socket.close();
      co_return;
    }
    if (answer.delay > Duration::zero()) co_await clock.sleep_for(answer.delay);
    const std::string text = wire(answer);
    auto bytes = asio::buffer(text);
    auto [error, count] =
        co_await asio::async_write(socket, bytes, asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

Task<> accept(SimHttpServer::Handler handler,
              tcp::acceptor& acceptor,
              TaskGroup& tasks,
              std::size_t& connections) {
  auto shared = std::make_shared<SimHttpServer::Handler>(std::move(handler));
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    ++connections;
    tasks.spawn(serve(shared, std::move(socket), connections));
  }
}

}  // namespace

SimHttpServer::SimHttpServer(asio::any_io_executor executor,
                             Handler handler,
                             const std::string& address,
                             unsigned short port) {
  const tcp::endpoint at(asio::ip::make_address(address), port);
  state_ = std::make_shared<State>(executor, std::move(handler), at);
  state_->tasks.spawn(
      accept(state_->handler, state_->acceptor, state_->tasks, state_->connections));
}

SimHttpServer::~SimHttpServer() = default;

unsigned short SimHttpServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

std::string SimHttpServer::url(const std::string& target) const {
  return fmt::format(
      "http://{}:{}{}", state_->acceptor.local_endpoint().address().to_string(), port(), target);
}

std::size_t SimHttpServer::connections() const {
  return state_->connections;
}

Task<> SimHttpServer::stop() {
  return state_->tasks.stop();
}

}  // namespace muster
