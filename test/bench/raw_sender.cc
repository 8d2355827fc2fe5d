// The floor: what a request costs, and how late it leaves, where nothing but epoll, a timerfd and a
// buffer lies between the schedule and the socket. It knows HTTP/1.1 as far as a server answers
// with a Content-Length, and keeps what it measured in memory. Other senders are judged by their
// ratio to it, which carries over from one machine to another.
//
//   raw_sender --port N [--connections 64] [--seconds 2] [--rate R]
//
// Without --rate each connection sends as soon as it was answered. With it a request is due every
// 1/R s, whatever became of those before, and takes the connection that was answered last. One line
// goes to stdout: requests, failed, skipped (no connection was free), and how late they left, p50
// and p99, in microseconds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

constexpr long long kSecond = 1'000'000'000;
constexpr long long kSettle = kSecond / 5;  // for answers that are still on their way
constexpr int kEventsPerTurn = 256;
constexpr int kBurst = 8;  // requests sent before answers are looked at again

struct Options {
  int port = 0;
  int connections = 64;
  double seconds = 2;
  double rate = 0;  ///< per second; 0: a closed loop
};

struct Measured {
  long long due = 0;
  long long sent = 0;
  long long done = 0;
};

struct Connection {
  int socket = -1;
  Measured open;  ///< the request under way
  bool busy = false;
  std::string received;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "raw_sender: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string key = words[i];
    if (i + 1 == count) give_up(key + " wants a value");
    const double value = std::atof(words[i + 1]);
    if (key == "--port") {
      options.port = static_cast<int>(value);
    } else if (key == "--connections") {
      options.connections = static_cast<int>(value);
    } else if (key == "--seconds") {
      options.seconds = value;
    } else if (key == "--rate") {
      options.rate = value;
    } else {
      give_up("unknown option " + key);
    }
  }
  if (options.port <= 0 || options.connections <= 0 || options.seconds <= 0)
    give_up("--port, --connections and --seconds are above 0");
  return options;
}

long long now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

/// The bytes of the first answer in `received`; 0 where it is not whole yet.
std::size_t length_of_answer(std::string_view received) {
  const std::size_t head = received.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  const std::size_t field = received.find("Content-Length: ");
  const std::size_t body =
      field < head ? std::strtoul(received.data() + field + 16, nullptr, 10) : 0;
  const std::size_t length = head + 4 + body;
  return received.size() < length ? 0 : length;
}

class RawSender {
 public:
  explicit RawSender(Options options)
      : options_(options),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        request_("GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                 "\r\nUser-Agent: raw_sender\r\nAccept: */*\r\n\r\n"),
        connections_(static_cast<std::size_t>(options.connections)) {
    for (Connection& connection : connections_) {
      open(connection);
      idle_.push_back(&connection);
    }
    watch(timer_, nullptr);
    const double expected = options_.seconds * (options_.rate > 0 ? options_.rate : 200'000);
    measured_.reserve(static_cast<std::size_t>(expected) + 64);
  }

  void run() {
    start_ = now_ns() + (options_.rate > 0 ? kSecond / 50 : 0);
    end_ = start_ + static_cast<long long>(options_.seconds * 1e9);
    if (options_.rate <= 0) {
      for (Connection& connection : connections_) send(connection, start_);
    }
    while (now_ns() < end_ + (busy_ > 0 ? kSettle : 0)) {
      if (options_.rate > 0) send_due();
      turn();
    }
  }

  void report() {
    std::vector<long long> lags;
    lags.reserve(measured_.size());
    for (const Measured& one : measured_) lags.push_back(one.sent - one.due);
    std::sort(lags.begin(), lags.end());
    const auto at = [&](double q) {
      if (lags.empty()) return 0.0;
      return static_cast<double>(
                 lags[static_cast<std::size_t>(q * static_cast<double>(lags.size() - 1))]) /
             1e3;
    };
    std::printf("requests %zu failed %zu skipped %zu lag_p50_us %.1f lag_p99_us %.1f\n",
                measured_.size(),
                failed_,
                skipped_,
                at(0.5),
                at(0.99));
  }

 private:
  void watch(int descriptor, void* what) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = what;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void open(Connection& connection) const {
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      give_up(std::string("cannot connect: ") + std::strerror(errno));
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(connection.socket, &connection);
  }

  void send(Connection& connection, long long due) {
    connection.open = {due, now_ns(), 0};
    const ssize_t sent = ::send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) give_up("the server does not read");
    connection.busy = true;
    ++busy_;
  }

  // The timer rings once for each due time that lies ahead; what is late already is sent at once.
  void send_due() {
    long long due = 0;
    for (int sent = 0; sent < kBurst; ++sent) {
      due = start_ + static_cast<long long>(static_cast<double>(number_) * 1e9 / options_.rate);
      if (due >= end_ || due > now_ns()) break;
      ++number_;
      if (idle_.empty()) {
        ++skipped_;
        continue;
      }
      Connection* connection = idle_.back();
      idle_.pop_back();
      send(*connection, due);
    }
    due = std::min(due, end_ + kSettle);
    if (due == armed_) return;
    armed_ = due;
    const itimerspec at{{}, {due / kSecond, due % kSecond}};
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
  }

  void turn() {
    epoll_event events[kEventsPerTurn];
    const int count = ::epoll_wait(epoll_, events, kEventsPerTurn, 100);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr != nullptr) {
        read_from(*static_cast<Connection*>(events[i].data.ptr));
        continue;
      }
      std::uint64_t rings = 0;
      if (::read(timer_, &rings, sizeof rings) < 0) continue;
    }
  }

  void read_from(Connection& connection) {
    char buffer[8192];
    const ssize_t count = ::recv(connection.socket, buffer, sizeof buffer, 0);
    if (count <= 0) give_up("the server closed a connection");
    connection.received.append(buffer, static_cast<std::size_t>(count));
    const std::size_t length = length_of_answer(connection.received);
    if (length == 0) return;
    if (!connection.received.starts_with("HTTP/1.1 200")) ++failed_;
    connection.received.erase(0, length);
    connection.open.done = now_ns();
    measured_.push_back(connection.open);
    connection.busy = false;
    --busy_;
    if (options_.rate > 0) {
      idle_.push_back(&connection);
    } else if (connection.open.done < end_) {
      send(connection, connection.open.done);
    }
  }

  const Options options_;
  const int epoll_;
  const int timer_;
  const std::string request_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;  ///< answered last comes last
  std::vector<Measured> measured_;
  long long start_ = 0;
  long long end_ = 0;
  long long armed_ = 0;
  std::uint64_t number_ = 0;
  std::size_t busy_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
};

}  // namespace

int main(int count, char** words) {
  RawSender sender(parse(count, words));
  sender.run();
  sender.report();
  return 0;
}
