#include "drills/lab/programs/app/http_server.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster::app {
namespace {

constexpr int kBacklog = 256;
constexpr timeval kPatienceWithClient{.tv_sec = 2, .tv_usec = 0};
/// Whoever waited this long has given up; an answer would only keep a worker from someone who has
/// not.
constexpr std::chrono::seconds kLongestQueueing{5};

[[noreturn]] void fail_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void set_option(int socket, int level, int name, int value) {
  (void)::setsockopt(socket, level, name, &value, sizeof value);
}

/// Peers vanish without a word when a region is cut off: keepalive finds out.
void prepare_connection(int connection) {
  set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(connection, IPPROTO_TCP, TCP_KEEPIDLE, 5);
  set_option(connection, IPPROTO_TCP, TCP_KEEPINTVL, 2);
  set_option(connection, IPPROTO_TCP, TCP_KEEPCNT, 3);
  (void)::setsockopt(
      connection, SOL_SOCKET, SO_RCVTIMEO, &kPatienceWithClient, sizeof kPatienceWithClient);
  (void)::setsockopt(
      connection, SOL_SOCKET, SO_SNDTIMEO, &kPatienceWithClient, sizeof kPatienceWithClient);
}

int listen_on(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) fail_errno("socket");
  set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail_errno("bind");
  if (::listen(listener, kBacklog) != 0) fail_errno("listen");
  return listener;
}

/// Appends what has arrived; false once the client has left or said nothing for too long.
bool receive_more(int connection, std::string& bytes) {
  std::array<char, 16384> buffer;
  const ssize_t length = ::recv(connection, buffer.data(), buffer.size(), 0);
  if (length <= 0) return false;
  bytes.append(buffer.data(), static_cast<std::size_t>(length));
  return true;
}

bool send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t length = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (length <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

}  // namespace

HttpServer::HttpServer(int port)
    : listener_(listen_on(port)), poller_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (poller_ < 0) fail_errno("epoll");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener_;
  if (::epoll_ctl(poller_, EPOLL_CTL_ADD, listener_, &event) != 0) fail_errno("epoll_ctl");
}

HttpServer::~HttpServer() {
  ::close(poller_);
  ::close(listener_);
}

void HttpServer::run(int workers, const std::function<Handler()>& make_handler) {
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(workers));
  for (int i = 0; i < workers; ++i)
    threads.emplace_back([this, &make_handler] { work(make_handler()); });
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int ready = events[static_cast<std::size_t>(i)].data.fd;
      if (ready == listener_) {
        accept_all();
      } else {
        enqueue(ready);
      }
    }
  }
}

void HttpServer::accept_all() {
  for (;;) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    prepare_connection(connection);
    await_request(connection, EPOLL_CTL_ADD);
  }
}

/// One shot: after the connection was handed to a worker it is silent until the worker gives it
/// back. Under the lock of enqueue(), so that the next worker comes after this one for the thread
/// sanitizer as well: it does not see that the kernel orders them.
void HttpServer::await_request(int connection, int operation) {
  const std::lock_guard lock(mutex_);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.fd = connection;
  if (::epoll_ctl(poller_, operation, connection, &event) != 0) ::close(connection);
}

void HttpServer::enqueue(int connection) {
  const std::lock_guard lock(mutex_);
  arrivals_.push_back({connection, std::chrono::steady_clock::now()});
  arrived_.notify_one();
}

int HttpServer::next_connection() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [this] { return !arrivals_.empty(); });
    const Arrival arrival = arrivals_.front();
    arrivals_.pop_front();
    if (std::chrono::steady_clock::now() - arrival.at < kLongestQueueing) return arrival.connection;
    ::close(arrival.connection);
  }
}

void HttpServer::work(const Handler& handler) {
  for (;;) serve(next_connection(), handler);
}

void HttpServer::serve(int connection, const Handler& handler) {
  using State = ParsedRequest::State;
  std::string bytes;
  do {
    ParsedRequest parsed = parse_request(bytes);
    while (parsed.state == State::Incomplete) {
      if (!receive_more(connection, bytes)) {
        ::close(connection);
        return;
      }
      parsed = parse_request(bytes);
    }
    bytes.erase(0, parsed.consumed);
    const bool understood = parsed.state == State::Complete;
    const bool keep = understood && parsed.request.keep_alive;
    if (!understood) parsed.request = {};
    const Response response = handler(parsed.request);
    const bool with_body = parsed.request.method != "HEAD";
    if (!send_all(connection, serialize(response, keep, with_body)) || !keep) {
      ::close(connection);
      return;
    }
  } while (!bytes.empty());
  await_request(connection, EPOLL_CTL_MOD);
}

}  // namespace muster::app
