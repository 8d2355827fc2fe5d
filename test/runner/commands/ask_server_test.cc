// The client of the gate against servers that are deaf, slow, hostile or simply wrong.
#include "runner/commands/ask_server.h"

#include <filesystem>
#include <thread>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "reports/gate/answer.h"
#include "runner/record/run_results.h"
#include "test/runner/scratch_home.h"

using namespace muster;

namespace {

namespace asio = boost::asio;

constexpr const char* kNonce = "0123456789abcdef0123456789abcdef";

/// Takes one connection, reads the head of a request, sends these bytes and hangs up.
class OneReply {
 public:
  explicit OneReply(std::string reply)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
        thread_([this, reply = std::move(reply)] { answer(reply); }) {}
  ~OneReply() {
    if (thread_.joinable()) thread_.join();
  }
  OneReply(const OneReply&) = delete;
  OneReply& operator=(const OneReply&) = delete;

  std::string address() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  /// What was asked; after it was answered.
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  void answer(const std::string& reply) {
    boost::system::error_code ignored;
    asio::ip::tcp::socket socket(io_);
    acceptor_.accept(socket);
    asio::read_until(socket, asio::dynamic_buffer(request_), "\r\n\r\n", ignored);
    asio::write(socket, asio::buffer(reply), ignored);
    socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::string request_;
  std::thread thread_;
};

std::string http(const std::string& status,
                 const std::string& body,
                 const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n" + headers + "\r\n" + body;
}

std::string signed_by(const std::string& signature) {
  return "x-Muster-SIGNATURE: " + signature + "\r\n";
}

/// A question, and a server that may say yes to it.
struct Exchange {
  ScratchHome home;
  SigningKey key = SigningKey::open_or_make(signing_key_file());
  TrustedKeys trusted;
  GateQuestion question;
  UtcTime now = SystemClock().utc_now();

  Exchange() {
    trusted.add_pem(key.public_pem());
    question.service = "web";
    question.environment = "production";
    question.version = "2026.46.1 &=?+%";
  }
  std::string yes() const {
    GateAnswer answer;
    answer.allow = true;
    return answer_json(answer, question, kNonce, "here", now);
  }
  /// "" only for a pass.
  std::string why_not(const std::string& reply) const {
    OneReply server(reply);
    const ServerReply got = ask_server(server.address(), words_of(question, kNonce), std::nullopt);
    if (!got.problem.empty()) return got.problem;
    return why_not_pass(got.body, got.signature, trusted, question, kNonce, now);
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ask_server_of_the_gate)

BOOST_AUTO_TEST_CASE(a_signed_yes_is_one) {
  const Exchange exchange;
  const std::string body = exchange.yes();
  const std::string signature = sign_answer(exchange.key, body);
  BOOST_TEST(exchange.why_not(http("200 OK", body, signed_by(signature))) == "");
}

BOOST_AUTO_TEST_CASE(the_words_arrive_as_they_were_sent) {
  const Exchange exchange;
  OneReply server(http("200 OK", ""));
  const Secret token("a-token-of-some-length");
  ask_server(server.address() + "/behind/a/proxy/",
             words_of(exchange.question, kNonce),
             std::optional<Secret>(Secret(token.reveal())));
  const std::string request = server.request();
  BOOST_TEST(request.starts_with(
                 "GET /behind/a/proxy/gate?environment=production&nonce=" + std::string(kNonce) +
                 "&service=web&version=2026.46.1+%26%3d%3f%2b%25 HTTP/1.1\r\n"),
             request);
  BOOST_TEST(has(request, "\r\nAuthorization: Bearer a-token-of-some-length\r\n"));
}

BOOST_AUTO_TEST_CASE(no_other_reply_is_a_yes) {
  const Exchange exchange;
  const std::string body = exchange.yes();
  const std::string good = signed_by(sign_answer(exchange.key, body));
  const auto why = [&](const std::string& reply) {
    return exchange.why_not(reply);
  };
  BOOST_TEST(has(why(http("200 OK", body)), "it is not signed"));
  BOOST_TEST(has(why(http("200 OK", "", good)), "empty"));
  BOOST_TEST(has(why(http("200 OK", body.substr(1), good)), "cannot be believed"));
  BOOST_TEST(has(why(http("200 OK", body, good + good)), "more than one signature"));
  BOOST_TEST(has(why(http("200 OK", body, signed_by(""))), "it is not signed"));
  BOOST_TEST(has(why(http("500 Internal Server Error", body, good)), "the server answered 500"));
  BOOST_TEST(has(why(http("403 Forbidden", "no\n\x1b[2J", good)), "the server answered 403: no"));
  BOOST_TEST(has(why(http("204 No Content", "", good)), "the server answered 204"));
  BOOST_TEST(has(why(http("302 Found", body, good + "Location: http://127.0.0.1/\r\n")),
                 "the server answered 302"));
  BOOST_TEST(has(why(http("200 OK", std::string(300'000, ' ') + body, good)), "larger than"));
  const std::string whole = http("200 OK", body, good);
  BOOST_TEST(why(whole.substr(0, whole.size() - 1)) != "");
  BOOST_TEST(why(whole.substr(0, 20)) != "");
  BOOST_TEST(why("") != "");
  BOOST_TEST(why("yes\r\n\r\n") != "");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_a_problem) {
  asio::io_context io;
  asio::ip::tcp::acceptor nobody(io);
  nobody.open(asio::ip::tcp::v4());
  nobody.bind({asio::ip::address_v4::loopback(), 0});  // and never listens
  const std::string address = "http://127.0.0.1:" + std::to_string(nobody.local_endpoint().port());
  BOOST_TEST(has(ask_server(address, {}, std::nullopt).problem, "the server cannot be asked"));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_a_mistake_of_the_command_line) {
  for (const char* address : {"",
                              "muster.example",
                              "ftp://muster.example",
                              "file:///etc/passwd",
                              "https://",
                              "https://user:secret@muster.example",
                              "https://muster.example/?a=b",
                              "https://muster.example/#gate",
                              "http://[::1"})
    BOOST_CHECK_THROW(ask_server(address, {}, std::nullopt), UsageError);
}

BOOST_AUTO_TEST_CASE(a_token_goes_over_the_network_encrypted_only) {
  for (const char* address :
       {"http://muster.example", "http://10.0.0.1", "http://127.0.0.1.example", "http://127.x"})
    BOOST_CHECK_THROW(
        ask_server(address, {}, std::optional<Secret>(Secret("a-token-of-some-length"))),
        UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
