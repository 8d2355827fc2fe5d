// An HTTP server whose outages are known exactly. It answers every request with 200 until a file
// appears; then it is dark in one of six ways for a set time, removes the file once it is, and
// comes back by itself. The instants at which each edge began and was done go to stdout, on
// CLOCK_MONOTONIC, so that a measurement can be held against the truth:
//
//   port 18080
//   darkens 812345678900987
//   dark 812345678901234
//   lights 812346678923123
//   light 812346678923456
//
//   refuse   nobody listens, and every connection is reset
//   reset    every connection is reset, those to come as well
//   503      answers so
//   drop     accepts and reads, and never answers what it read
//   lost     the kernel drops every packet to it: no handshake, no acknowledgement
//   freeze   its process is stopped: everything waits, and is answered late
//
// It ends when its stdin does.
//
//   dark_server [--port N] [--mode MODE] [--when FILE] [--for MILLISECONDS] [--region NAME]
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr long kLookEveryMs = 1;
constexpr std::string_view kBody = "<article>All is well.</article>\n";

enum class Mode { Refuse, Reset, Unavailable, Drop, Lost, Freeze };

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
  if (name == "503") return Mode::Unavailable;
  if (name == "drop") return Mode::Drop;
  if (name == "lost") return Mode::Lost;
  if (name == "freeze") return Mode::Freeze;
  give_up("--mode is refuse, reset, 503, drop, lost or freeze");
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

bool is_wanted(const Options& options) {
  return !options.when.empty() && ::access(options.when.c_str(), F_OK) == 0;
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
      turn(kLookEveryMs);
      look();
    }
  }

 private:
  /// Whether anything had come.
  bool turn(long wait_ms) {
    turn_began_ = now_ns();
    epoll_event events[256];
    const int count = ::epoll_wait(epoll_, events, 256, static_cast<int>(wait_ms));
    for (int i = 0; i < count; ++i) happened(events[i].data.fd);
    return count > 0;
  }

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
    const bool refuses = dark_ && options_.mode == Mode::Unavailable;
    const char* status = refuses ? "503 Service Unavailable" : "200 OK";
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
    if (dark_ || !is_wanted(options_)) return;
    while (turn(0)) {  // what came while this process had to wait came in the light
    }
    become_dark();
  }

  void become_dark() {
    const long long began = turn_began_;  // all that came before is answered
    until_ = now_ns() + options_.dark_ms * 1000000LL;
    dark_ = true;
    if (options_.mode == Mode::Refuse) ::close(listener_);
    if (options_.mode == Mode::Refuse || options_.mode == Mode::Reset) reset_all();
    if (options_.mode == Mode::Lost) drop_packets(true);
    const long long done = now_ns();
    say("darkens", began);
    say("dark", done);
    ::unlink(options_.when.c_str());
  }

  /// A filter that lets nothing in, on every socket; those of connections to come inherit it.
  void drop_packets(bool on) const {
    sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &nothing};
    const auto set = [&](int socket) {
      ::setsockopt(
          socket, SOL_SOCKET, on ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &program, sizeof program);
    };
    set(listener_);
    for (const auto& [connection, request] : connections_) set(connection);
  }

  void become_light() {
    const long long began = now_ns();
    dark_ = false;
    if (options_.mode == Mode::Refuse) open_listener();
    if (options_.mode == Mode::Lost) drop_packets(false);
    const long long done = now_ns();
    say("lights", began);
    say("light", done);
  }

  Options options_;
  const int epoll_;
  int listener_ = -1;
  std::map<int, std::string> connections_;  // what came of a request so far
  bool dark_ = false;
  bool ended_ = false;
  long long turn_began_ = 0;
  long long until_ = 0;
};

/// Stops the server's process and lets it go on; its own stdin has to be somebody else's.
class Freezer {
 public:
  Freezer(Options options, pid_t server) : options_(std::move(options)), server_(server) {}

  void run() const {
    while (!input_ended(kLookEveryMs)) {
      if (is_wanted(options_)) freeze();
    }
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
  }

 private:
  static bool input_ended(long wait_ms) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, static_cast<int>(wait_ms)) > 0;
  }

  void freeze() const {
    say("darkens", now_ns());
    ::kill(server_, SIGSTOP);
    if (::waitpid(server_, nullptr, WUNTRACED) != server_) give_up("the server is gone");
    const long long dark = now_ns();
    say("dark", dark);
    ::unlink(options_.when.c_str());
    const long long until = dark + options_.dark_ms * 1000000LL;
    const timespec when{until / 1000000000LL, until % 1000000000LL};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
    }
    say("lights", now_ns());
    ::kill(server_, SIGCONT);
    say("light", now_ns());
  }

  const Options options_;
  const pid_t server_;
};

/// The server in a child whose stdin never ends; it dies with its parent at the latest.
int serve_and_freeze(const Options& options) {
  int input[2];
  if (::pipe(input) != 0) give_up("no pipe");
  const pid_t server = ::fork();
  if (server < 0) give_up("no process");
  if (server == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(input[0], STDIN_FILENO);
    ::close(input[1]);
    Options own = options;
    own.when.clear();
    DarkServer(std::move(own)).run();
    return 0;
  }
  Freezer(options, server).run();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const Options options = parse(count, words);
  if (options.mode == Mode::Freeze) return serve_and_freeze(options);
  DarkServer(options).run();
  return 0;
}
