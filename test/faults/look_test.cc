// muster-look as a guard runs it, where it looks at what users get: real programs, a real socket.
#include <array>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/process.h"
#include "base/tasks.h"
#include "test/base/loop.h"

namespace muster {
namespace {

using Words = std::vector<std::string>;

CommandResult look(Words words) {
  words.insert(words.begin(), (program_directory() / "muster-look").string());
  const auto here = make_host("here", "here", {});
  CommandResult result;
  const auto run = [&]() -> Task<> {
    Command command{std::move(words), {}, std::chrono::seconds(20)};
    result = co_await here->try_run(std::move(command));
  };
  run_task(run());
  return result;
}

/// A name server that answers one question: users of 10.2.x with 10.2.0.10, others with 10.1.0.10.
class OneAnswer {
 public:
  OneAnswer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    place_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { answer(); });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() {
    thread_.join();
    ::close(socket_);
  }

  const std::string& place() const { return place_; }

 private:
  void answer() const {
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::array<char, 512> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t count = ::recvfrom(
        socket_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 30) return;
    std::string packet(buffer.data(), static_cast<std::size_t>(count));
    const char region = packet[packet.size() - 2];  // the second of three bytes of the address
    constexpr std::size_t kEdns = 11 + 11;
    packet.resize(packet.size() - kEdns);
    packet[2] = static_cast<char>(0x84);
    packet[7] = 1;   // one answer
    packet[11] = 0;  // nothing beside it
    packet += std::string("\xc0\x0c\0\1\0\1\0\0\0\6\0\4", 12);
    packet += std::string({10, region, 0, 10});
    ::sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

  int socket_;
  std::string place_;
  std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(looking_at_users)

BOOST_AUTO_TEST_CASE(a_name_server_is_asked_for_the_user_and_not_for_us) {
  {
    const OneAnswer server;
    const CommandResult there =
        look({"away", server.place(), "api.novvista.test", "10.2.0.20", "10.2.0.10", "10.2.0.11"});
    BOOST_TEST(there.exit_code == 1, there.err);
    BOOST_TEST(there.out == "it answers 10.2.0.10\n");
  }
  const OneAnswer server;
  const CommandResult away =
      look({"away", server.place(), "api.novvista.test", "10.1.0.20", "10.2.0.10"});
  BOOST_TEST(away.exit_code == 0, away.err);
  BOOST_TEST(away.out == "it answers 10.1.0.10\n");
}

BOOST_AUTO_TEST_CASE(a_name_server_that_says_nothing_has_sent_nobody_away) {
  BOOST_TEST(
      look({"away", "127.0.0.1:1", "api.novvista.test", "10.1.0.20", "10.1.0.10"}).exit_code == 2);
  BOOST_TEST(look({"away", "127.0.0.1:1", "api..test", "10.1.0.20", "10.1.0.10"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(no_answer_in_time_and_no_good_one_are_both_none) {
  BOOST_TEST(look({"unanswered", "0.2", "sleep", "60"}).exit_code == 0);
  BOOST_TEST(look({"unanswered", "5", "false"}).exit_code == 0);
  BOOST_TEST(look({"unanswered", "5", "true"}).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(a_question_that_cannot_be_asked_is_not_taken_for_silence) {
  BOOST_TEST(look({"unanswered", "5", "/no/such/program"}).exit_code == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
