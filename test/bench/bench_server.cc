// An HTTP server that says when each request reached it, and can freeze once for a known time.
// Every request is answered with 200 and ten bytes; nothing is written anywhere while it works.
// A request's instant is the kernel's, when its packet came in: how long this program then took to
// wake up on a busy machine says nothing of the sender.
//
//   bench_server [--port N] [--freeze-after MS --freeze-for MS] [--stamps FILE]
//
// `port N` goes to stdout first, and `frozen NS` and `thawed NS` when it froze: MS after the first
// request. While frozen it does nothing at all, as a stopped process would: connections are opened
// by the kernel, requests wait. It ends when its stdin does, and writes the instants at which
// requests came to the file, as little-endian i64 nanoseconds of CLOCK_MONOTONIC.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::string_view kEnd = "\r\n\r\n";
// ab speaks HTTP/1.0 and wants to be told that the connection stays.
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 10\r\n\r\n0123456789";

struct Options {
  int port = 0;
  std::int64_t freeze_after = -1;  ///< nanoseconds after the first request; below 0: never
  std::int64_t freeze_for = 0;
  std::string stamps;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_server: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string key = words[i];
    if (i + 1 == count) give_up(key + " wants a value");
    const std::string value = words[i + 1];
    if (key == "--port") {
      options.port = std::atoi(value.c_str());
    } else if (key == "--freeze-after") {
      options.freeze_after = std::atoll(value.c_str()) * kMillisecond;
    } else if (key == "--freeze-for") {
      options.freeze_for = std::atoll(value.c_str()) * kMillisecond;
    } else if (key == "--stamps") {
      options.stamps = value;
    } else {
      give_up("unknown option " + key);
    }
  }
  return options;
}

std::int64_t nanoseconds(const timespec& at) {
  return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

std::int64_t now_ns(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return nanoseconds(now);
}

/// The bytes read, as by ::read, and when the kernel received the last of them, on CLOCK_REALTIME;
/// 0 where it does not say.
ssize_t receive(int connection, char* buffer, std::size_t size, std::int64_t& came) {
  alignas(cmsghdr) char control[256];
  iovec into{buffer, size};
  msghdr message{};
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = ::recvmsg(connection, &message, 0);
  came = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); count > 0 && part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPING) continue;
    timespec stamp{};  // the first of three is the kernel's own
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    came = nanoseconds(stamp);
  }
  return count;
}

void say(const char* what, std::int64_t number) {
  std::printf("%s %lld\n", what, static_cast<long long>(number));
  std::fflush(stdout);
}

void sleep_until(std::int64_t instant) {
  const timespec at{instant / 1'000'000'000, instant % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

class BenchServer {
 public:
  explicit BenchServer(Options options)
      : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 4096) != 0)
      give_up(std::string("cannot listen: ") + std::strerror(errno));
    ::getsockname(listener_, generic, &size);
    watch(listener_);
    watch(STDIN_FILENO);
    arrivals_.reserve(1U << 20U);
    say("port", ntohs(address.sin_port));
  }

  void run() {
    while (!ended_) {
      epoll_event events[256];
      const int count = ::epoll_wait(epoll_, events, 256, frozen_ || freezes_at_ < 0 ? -1 : 1);
      if (!frozen_ && freezes_at_ >= 0 && now_ns() >= freezes_at_) freeze();
      for (int i = 0; i < count; ++i) happened(events[i].data.fd);
    }
  }

  void write_stamps() const {
    if (options_.stamps.empty()) return;
    std::FILE* file = std::fopen(options_.stamps.c_str(), "wb");
    if (file == nullptr) give_up("cannot create " + options_.stamps);
    std::fwrite(arrivals_.data(), sizeof arrivals_[0], arrivals_.size(), file);
    if (std::fclose(file) != 0) give_up("cannot write to " + options_.stamps);
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void happened(int descriptor) {
    if (descriptor == STDIN_FILENO) {
      char byte = 0;
      ended_ = ::read(STDIN_FILENO, &byte, 1) <= 0;
    } else if (descriptor == listener_) {
      accept_all();
    } else {
      read_from(descriptor);
    }
  }

  void accept_all() {
    for (;;) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (connection < 0) return;
      const int on = 1;
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
      ::setsockopt(connection, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
      if (unread_.size() <= static_cast<std::size_t>(connection))
        unread_.resize(static_cast<std::size_t>(connection) + 64);
      unread_[static_cast<std::size_t>(connection)].clear();
      watch(connection);
    }
  }

  void read_from(int connection) {
    char buffer[16384];
    std::int64_t came = 0;
    const ssize_t count = receive(connection, buffer, sizeof buffer, came);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      ::close(connection);
      return;
    }
    const std::int64_t at = came == 0 ? now_ns() : came - realtime_ahead_;
    std::string& unread = unread_[static_cast<std::size_t>(connection)];
    unread.append(buffer, static_cast<std::size_t>(count));
    for (std::size_t end = unread.find(kEnd); end != std::string::npos; end = unread.find(kEnd)) {
      unread.erase(0, end + kEnd.size());
      arrived(at);
      // A client that is gone is noticed when it is read from next.
      if (::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  void arrived(std::int64_t at) {
    if (arrivals_.empty() && options_.freeze_after >= 0) freezes_at_ = at + options_.freeze_after;
    arrivals_.push_back(at);
  }

  void freeze() {
    frozen_ = true;
    const std::int64_t began = now_ns();
    sleep_until(began + options_.freeze_for);
    say("frozen", began);
    say("thawed", now_ns());
  }

  const Options options_;
  const int epoll_;
  const std::int64_t realtime_ahead_ = now_ns(CLOCK_REALTIME) - now_ns();
  int listener_ = -1;
  std::vector<std::string> unread_;  ///< of each descriptor, what is no whole request yet
  std::vector<std::int64_t> arrivals_;
  std::int64_t freezes_at_ = -1;
  bool frozen_ = false;  ///< it did freeze, and will not again
  bool ended_ = false;
};

}  // namespace

int main(int count, char** words) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  BenchServer server(parse(count, words));
  server.run();
  server.write_stamps();
  return 0;
}
