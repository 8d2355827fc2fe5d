// An HTTP server whose outages are known exactly. It answers every request with 200 until a file
// appears; then it removes the file, is dark in one of four ways for a set time, and comes back by
// itself. The instants at which each edge was done go to stdout, on CLOCK_MONOTONIC, so that a
// measurement can be held against the truth:
//
//   port 18080
//   dark 812345678901234
//   light 812346678923456
//
// It ends when its stdin does.
//
//   dark_server [--port N] [--mode refuse|reset|drop|503] [--when FILE] [--for MILLISECONDS]
//   [--region NAME]
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr long kLookEveryMs = 1;
constexpr std::string_view kBody = "<article>All is well.</article>\n";

enum class Mode { Refuse, Reset, Drop, Unavailable };

struct Options {
  int port = 0;
  Mode mode = Mode::Refuse;
  std::string when;
  long dark_ms = 1000;
  std::string region = "us-east";
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "dark_server: %s\n", why.c_str());
  std::exit(2);
}

long long now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void say(const char* what, long long number) {
  std::printf("%s %lld\n", what, number);
  std::fflush(stdout);
}

Mode mode_from(const std::string& name) {
  if (name == "refuse") return Mode::Refuse;
  if (name == "reset") return Mode::Reset;
  if (name == "drop") return Mode::Drop;
  if (name == "503") return Mode::Unavailable;
  give_up("--mode is refuse, reset, drop or 503");
}

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string key = words[i];
    const std::string value = words[i + 1];
    if (key == "--port") {
      options.port = std::atoi(value.c_str());
    } else if (key == "--mode") {
      options.mode = mode_from(value);
    } else if (key == "--when") {
      options.when = value;
    } else if (key == "--for") {
      options.dark_ms = std::atol(value.c_str());
    } else if (key == "--region") {
      options.region = value;
    } else {
      give_up("unknown option " + key);
    }
  }
  return options;
}

class DarkServer {
 public:
  explicit DarkServer(Options options)
      : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    open_listener();
    say("port", options_.port);
    watch(STDIN_FILENO);
  }

  void run() {
    while (!ended_) {
      epoll_event events[256];
      const int count = ::epoll_wait(epoll_, events, 256, static_cast<int>(kLookEveryMs));
      for (int i = 0; i < count; ++i) happened(events[i].data.fd);
      look();
    }
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void open_listener() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 4096) != 0)
      give_up("the port is taken");
    ::getsockname(listener_, generic, &size);
    options_.port = ntohs(address.sin_port);
    watch(listener_);
  }

  void happened(int descriptor) {
    if (descriptor == STDIN_FILENO) {
      char byte = 0;
      ended_ = ::read(STDIN_FILENO, &byte, 1) <= 0;
    } else if (descriptor == listener_) {
      accept_all();
    } else if (connections_.count(descriptor) > 0) {
      read_from(descriptor);
    }
  }

  void accept_all() {
    for (;;) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (connection < 0) return;
      const int on = 1;
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[connection];
      watch(connection);
      if (dark_ && options_.mode == Mode::Reset) reset(connection);
    }
  }

  void read_from(int connection) {
    char buffer[16384];
    const ssize_t count = ::read(connection, buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return close_one(connection);
    if (dark_ && options_.mode == Mode::Drop) return;
    std::string& request = connections_[connection];
    request.append(buffer, static_cast<std::size_t>(count));
    if (request.find("\r\n\r\n") == std::string::npos) return;
    request.clear();
    answer(connection);
  }

  void answer(int connection) const {
    const char* status = dark_ ? "503 Service Unavailable" : "200 OK";
    const std::string text =
        "HTTP/1.1 " + std::string(status) + "\r\nx-region: " + options_.region +
        "\r\nContent-Length: " + std::to_string(kBody.size()) + "\r\n\r\n" + std::string(kBody);
    if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0)
      return;  // gone: the next read says so
  }

  void close_one(int connection) {
    ::close(connection);
    connections_.erase(connection);
  }

  void reset(int connection) {
    const linger hard{1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close_one(connection);
  }

  void reset_all() {
    while (!connections_.empty()) reset(connections_.begin()->first);
  }

  void look() {
    if (dark_ && now_ns() >= until_) return become_light();
    if (!dark_ && !options_.when.empty() && ::unlink(options_.when.c_str()) == 0) become_dark();
  }

  void become_dark() {
    until_ = now_ns() + options_.dark_ms * 1000000LL;
    dark_ = true;
    if (options_.mode == Mode::Refuse) ::close(listener_);
    if (options_.mode == Mode::Refuse || options_.mode == Mode::Reset) reset_all();
    say("dark", now_ns());
  }

  void become_light() {
    dark_ = false;
    if (options_.mode == Mode::Refuse) open_listener();
    say("light", now_ns());
  }

  Options options_;
  const int epoll_;
  int listener_ = -1;
  std::map<int, std::string> connections_;  // what came of a request so far
  bool dark_ = false;
  bool ended_ = false;
  long long until_ = 0;
};

}  // namespace

int main(int count, char** words) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  DarkServer server(parse(count, words));
  server.run();
  return 0;
}
