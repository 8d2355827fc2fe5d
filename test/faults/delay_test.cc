// muster-delay against the real kernel: each case runs in a user and network namespace of its own,
// over loopback.
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace muster {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

constexpr int kPatience = 20'000;  // milliseconds; only a hang takes so long

std::string program() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string self(path.data(), static_cast<std::size_t>(length));
  return self.substr(0, self.rfind('/')) + "/muster-delay";
}

[[noreturn]] void become(const Words& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

/// Negative: the signal that ended it.
int exit_status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int run(const Words& words) {
  const pid_t child = ::fork();
  if (child == 0) become(words);
  return exit_status_of(child);
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 256> buffer;
  for (ssize_t length; (length = ::read(descriptor, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(length));
  return text;
}

bool enter_namespace() {
  const std::string user = "0 " + std::to_string(::getuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getgid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << user;
  std::ofstream("/proc/self/gid_map") << group;
  return run({"ip", "link", "set", "lo", "up"}) == 0;
}

/// Runs `body` in a child with its own network; returns what it returns: empty, or what went wrong.
/// Whatever the child started ends with it.
std::string in_own_network(const std::function<std::string()>& body) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    const std::string result = enter_namespace() ? body() : "no namespace";
    (void)!::write(ends[1], result.data(), result.size());
    ::close(ends[1]);
    ::pause();
  }
  ::close(ends[1]);
  const std::string result = read_all(ends[0]);
  ::close(ends[0]);
  ::kill(-child, SIGKILL);
  const bool ended_by_us = exit_status_of(child) == -SIGKILL;
  return ended_by_us ? result : "the child ended badly: " + result;
}

bool readable(int descriptor, int milliseconds = kPatience) {
  pollfd wanted{descriptor, POLLIN, 0};
  return ::poll(&wanted, 1, milliseconds) > 0;
}

/// A running muster-delay that said "ready".
class Delay {
 public:
  explicit Delay(Words options) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      options.insert(options.begin(), program());
      become(options);
    }
    ::close(ends[1]);
    output_ = ends[0];
    std::array<char, 6> ready{};
    if (readable(output_) && ::read(output_, ready.data(), ready.size()) == 6)
      ready_ = std::memcmp(ready.data(), "ready\n", 6) == 0;
  }
  Delay(const Delay&) = delete;
  Delay& operator=(const Delay&) = delete;
  ~Delay() {
    end();
    ::close(output_);
  }

  bool ready() const { return ready_; }
  int output() const { return output_; }
  int end() {
    if (child_ <= 0) return -1;
    ::kill(child_, SIGTERM);
    return exit_status_of(std::exchange(child_, 0));
  }

 private:
  pid_t child_ = 0;
  int output_ = -1;
  bool ready_ = false;
};

/// Two UDP sockets that talk to each other over loopback.
struct Pair {
  explicit Pair(int family)
      : left(::socket(family, SOCK_DGRAM, 0)), right(::socket(family, SOCK_DGRAM, 0)) {
    const sockaddr_storage left_name = bind_to_loopback(left, family);
    const sockaddr_storage right_name = bind_to_loopback(right, family);
    const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    connected = ::connect(left, reinterpret_cast<const sockaddr*>(&right_name), length) == 0 &&
                ::connect(right, reinterpret_cast<const sockaddr*>(&left_name), length) == 0;
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::close(left);
    ::close(right);
  }

  static sockaddr_storage bind_to_loopback(int socket, int family) {
    sockaddr_storage name{};
    auto* v4 = reinterpret_cast<sockaddr_in*>(&name);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&name);
    name.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (family == AF_INET6) v6->sin6_addr = in6addr_loopback;
    socklen_t length = family == AF_INET ? sizeof *v4 : sizeof *v6;
    (void)::bind(socket, reinterpret_cast<const sockaddr*>(&name), length);
    (void)::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &length);
    return name;
  }

  int left;
  int right;
  bool connected = false;
};

bool send_number(int socket, int number) {
  return ::send(socket, &number, sizeof number, 0) == sizeof number;
}

/// -1 if nothing came.
int receive_number(int socket, int milliseconds = kPatience) {
  int number = -1;
  if (readable(socket, milliseconds)) (void)::recv(socket, &number, sizeof number, 0);
  return number;
}

int delay_udp_into_queue_7(const char* tables) {
  return run({tables,
              "-t",
              "mangle",
              "-A",
              "OUTPUT",
              "-o",
              "lo",
              "-p",
              "udp",
              "-j",
              "NFQUEUE",
              "--queue-num",
              "7",
              "--queue-bypass"});
}

/// The shortest of a few round trips.
std::chrono::nanoseconds round_trip(const Pair& pair) {
  auto shortest = std::chrono::nanoseconds::max();
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    send_number(pair.left, i);
    send_number(pair.right, receive_number(pair.right));
    if (receive_number(pair.left) != i) return 0ns;
    shortest =
        std::min<std::chrono::nanoseconds>(shortest, std::chrono::steady_clock::now() - begin);
  }
  return shortest;
}

std::string both_ways_are_delayed(int family, const char* tables) {
  const Pair pair(family);
  if (!pair.connected) return "no sockets";
  if (delay_udp_into_queue_7(tables) != 0) return "no rule";
  if (round_trip(pair) == 0ns) return "without the program, packets must pass";
  Delay delay({"--queue", "7", "--delay", "40ms"});
  if (!delay.ready()) return "not ready";
  const auto delayed = round_trip(pair);
  if (delayed < 80ms) return "the round trip took " + std::to_string(delayed.count()) + " ns";
  if (delay.end() != 0) return "the program did not end well";
  return round_trip(pair) == 0ns ? "after the program, packets must pass" : "";
}

std::string order_survives_jitter() {
  const Pair pair(AF_INET);
  if (delay_udp_into_queue_7("iptables") != 0) return "no rule";
  const Delay delay({"--queue", "7", "--delay", "1ms", "--jitter", "20ms"});
  if (!delay.ready()) return "not ready";
  for (int i = 0; i < 100; ++i) send_number(pair.left, i);
  for (int i = 0; i < 100; ++i)
    if (const int got = receive_number(pair.right); got != i)
      return "wanted " + std::to_string(i) + ", got " + std::to_string(got);
  return "";
}

std::string the_end_releases_everything() {
  const Pair pair(AF_INET);
  if (delay_udp_into_queue_7("iptables") != 0) return "no rule";
  Delay delay({"--queue", "7", "--delay", "60s"});
  if (!delay.ready()) return "not ready";
  for (int i = 0; i < 50; ++i) send_number(pair.left, i);
  if (receive_number(pair.right, 100) != -1) return "a packet passed that should have been held";
  if (delay.end() != 0) return "the program did not end well";
  for (int i = 0; i < 50; ++i)
    if (receive_number(pair.right) != i) return "packet " + std::to_string(i) + " was lost";
  return "";
}

/// The end of its output is the end of the program: nobody else holds it.
std::string the_parents_end_is_its_end() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), 0) != 0) return "pipe";
  const pid_t parent = ::fork();
  if (parent == 0) {
    const pid_t child = ::fork();
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    if (child == 0) become({program(), "--queue", "7", "--delay", "1ms", "--die-with-parent"});
    ::close(STDOUT_FILENO);
    ::pause();
  }
  ::close(ends[1]);
  std::array<char, 16> text{};
  const bool ready = readable(ends[0]) && ::read(ends[0], text.data(), text.size()) == 6;
  ::kill(parent, SIGKILL);
  exit_status_of(parent);
  const bool ended = readable(ends[0]) && ::read(ends[0], text.data(), text.size()) == 0;
  ::close(ends[0]);
  return !ready ? "not ready" : ended ? "" : "it outlived its parent";
}

struct Needs {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    const std::string reason =
        in_own_network([] { return delay_udp_into_queue_7("iptables") == 0 ? "" : "no NFQUEUE"; });
    boost::test_tools::assertion_result result(reason.empty());
    result.message() << "this machine allows no network namespace with NFQUEUE: " << reason;
    return result;
  }
};

BOOST_AUTO_TEST_SUITE(delay)

BOOST_AUTO_TEST_CASE(a_round_trip_takes_twice_the_delay_and_traffic_flows_without_the_program,
                     *boost::unit_test::precondition(Needs())) {
  BOOST_TEST(in_own_network([] { return both_ways_are_delayed(AF_INET, "iptables"); }) == "");
}

BOOST_AUTO_TEST_CASE(ipv6_is_delayed_as_well, *boost::unit_test::precondition(Needs())) {
  BOOST_TEST(in_own_network([] { return both_ways_are_delayed(AF_INET6, "ip6tables"); }) == "");
}

BOOST_AUTO_TEST_CASE(jitter_keeps_packets_in_order, *boost::unit_test::precondition(Needs())) {
  BOOST_TEST(in_own_network(order_survives_jitter) == "");
}

BOOST_AUTO_TEST_CASE(what_is_held_at_the_end_is_released_and_not_lost,
                     *boost::unit_test::precondition(Needs())) {
  BOOST_TEST(in_own_network(the_end_releases_everything) == "");
}

BOOST_AUTO_TEST_CASE(it_ends_when_its_parent_is_killed, *boost::unit_test::precondition(Needs())) {
  BOOST_TEST(in_own_network(the_parents_end_is_its_end) == "");
}

BOOST_AUTO_TEST_CASE(a_wrong_option_ends_it_with_status_2) {
  const std::vector<Words> wrong{{"--queue", "1"},
                                 {"--delay", "40ms"},
                                 {"--queue", "70000", "--delay", "1ms"},
                                 {"--queue", "1", "--delay", "40"},
                                 {"--queue", "1", "--delay", "61s"},
                                 {"--queue", "1", "--delay", "-1ms"},
                                 {"--queue", "1", "--delay", "nan"},
                                 {"--queue", "1", "--delay"},
                                 {"--fast"}};
  for (Words options : wrong) {
    options.insert(options.begin(), program());
    BOOST_TEST_CONTEXT(options.back()) BOOST_TEST(run(options) == 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace muster
