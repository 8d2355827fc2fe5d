#include "runner/serve/http_message.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/time.h"

using namespace muster;
using Stage = RequestReader::Stage;

namespace {

const RequestLimits kLimits{
    .most_header = 2048, .most_fields = 8, .most_body = 100, .names = {"Muster.example"}};

RequestReader reader_of(const std::string& bytes) {
  RequestReader reader(kLimits);
  reader.take(bytes);
  return reader;
}

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

std::string post(const std::string& more) {
  return "POST /x HTTP/1.1\r\nHost: localhost\r\n" + more;
}

WebRequest request_of(const std::string& bytes) {
  RequestReader reader = reader_of(bytes);
  BOOST_REQUIRE_MESSAGE(reader.stage() == Stage::Done, reader.refusal().why);
  return std::move(reader).request();
}

/// 0 where it is not refused.
int refused(const std::string& bytes) {
  const RequestReader reader = reader_of(bytes);
  BOOST_TEST((reader.stage() == Stage::Refused) == !reader.refusal().why.empty());
  return reader.stage() == Stage::Refused ? reader.refusal().status : 0;
}

struct Case {
  int status;
  std::string bytes;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases)
    BOOST_TEST_CONTEXT(each.bytes) BOOST_TEST(refused(each.bytes) == each.status);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_message)

BOOST_AUTO_TEST_CASE(a_request_is_read_as_it_was_meant) {
  const WebRequest request = request_of(
      "POST /runs/a%20b/%C3%A4?drill=lose+it&max-age=7d&empty= HTTP/1.1\r\nHOST: "
      "Muster.Example:7117\r\nX-Thing:  two words \t\r\nContent-Length: 5\r\n\r\nhello");
  BOOST_TEST(request.method == "POST");
  BOOST_TEST(request.path == "/runs/a b/ä");
  BOOST_TEST(request.query.at("drill") == "lose it");
  BOOST_TEST(request.query.at("max-age") == "7d");
  BOOST_TEST(request.query.at("empty") == "");
  BOOST_TEST(request.header("x-thing") == "two words");
  BOOST_TEST(request.header("absent") == "");
  BOOST_TEST(request.body == "hello");
}

BOOST_AUTO_TEST_CASE(however_the_bytes_come_the_request_is_the_same) {
  const std::string bytes = post("Content-Length: 3\r\n\r\n") + "abcGET / HTTP/1.1\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    RequestReader reader(kLimits);
    std::size_t taken = reader.take(std::string_view(bytes).substr(0, cut));
    taken += reader.take(std::string_view(bytes).substr(taken));
    BOOST_TEST((reader.stage() == Stage::Done));
    BOOST_TEST(bytes.substr(taken) == "GET / HTTP/1.1\r\n");
    BOOST_TEST(std::move(reader).request().body == "abc");
  }
}

BOOST_AUTO_TEST_CASE(a_client_says_whether_it_will_ask_again) {
  BOOST_TEST(reader_of(get("/")).keeps_alive());
  BOOST_TEST(!reader_of(get("/", "Connection: close\r\n")).keeps_alive());
  BOOST_TEST(!reader_of("GET / HTTP/1.0\r\nHost: [::1]\r\n\r\n").keeps_alive());
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_to_send_is_told_apart) {
  const RequestReader waits = reader_of(post("Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n"));
  BOOST_TEST(waits.waits_to_continue());
  BOOST_TEST((waits.stage() == Stage::Body));
  BOOST_TEST(!reader_of(post("Content-Length: 3\r\n\r\n")).waits_to_continue());
  BOOST_TEST(refused(post("Expect: tea\r\n\r\n")) == 417);
}

BOOST_AUTO_TEST_CASE(two_readings_of_where_a_request_ends_are_refused) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  check({
      {400, post("Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n")},
      {400, post(chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n")},
      {411, post(chunked + "\r\n0\r\n\r\n")},
      {411, post("Transfer-Encoding: xchunked\r\n\r\n")},
      {400, post("Transfer-Encoding : chunked\r\n\r\n")},
      {400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n")},
      {400, post("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")},
      {400, post("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello")},
      {400, post("Content-Length: 5, 5\r\n\r\nhello")},
      {400, post("Content-Length: +5\r\n\r\nhello")},
      {400, post("Content-Length: -1\r\n\r\nhello")},
      {400, post("Content-Length: 0x5\r\n\r\nhello")},
      {400, post("Content-Length:\r\n\r\nhello")},
      {400, post("Content-Length: 99999999999999999999999999\r\n\r\n")},
      {413, post("Content-Length: 9999999999999999999\r\n\r\n")},
      {413, post("Content-Length: 101\r\n\r\n")},
      {400, get("/", "Content-Length: 5\r\n")},
      {400, get("/", " folded: yes\r\n")},
      {400, get("/", "X-A: b\r\n\tgoes on\r\n")},
      {400, get("/", "X-A: b\nX-B: c\r\n")},
      {400, get("/", "X-A: b\rX-B: c\r\n")},
      {400, get("/", "X-A: b\r\r\n")},
      {400, "GET / HTTP/1.1\nHost: localhost\n\n"},
      {400, get("/", std::string("X-A: b\0c\r\n", 10))},
      {400, get("/", "X-A\x01: b\r\n")},
      {400, get("/", ": b\r\n")},
      {400, get("/", "no colon\r\n")},
      {400, "\r\n" + get("/")},
      {400, " GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {0, post("Content-Length: 000\r\n\r\n")},
      {0, get("/", "Content-Length: 0\r\n")},
  });
}

BOOST_AUTO_TEST_CASE(a_header_that_comes_twice_is_refused) {
  for (const std::string name : {"Host", "authorization", "Origin", "X-Anything", "Cookie"})
    BOOST_TEST_CONTEXT(name)
  BOOST_TEST(refused(get("/",
                         "Origin: a\r\nX-Anything: b\r\nCookie: c\r\nAuthorization: d\r\n" + name +
                             ": localhost\r\n")) == 400);
}

BOOST_AUTO_TEST_CASE(a_target_is_a_path_and_can_be_read_in_one_way) {
  check({
      {400, get("http://localhost/")},
      {400, get("//localhost/")},
      {400, get("*")},
      {400, get("localhost:80")},
      {400, get("/a/../b")},
      {400, get("/a/%2e%2E/b")},
      {400, get("/a/%2e")},
      {400, get("/a/.")},
      {400, get("/..")},
      {400, get("/a//b")},
      {400, get("/a%2fb")},
      {400, get("/a%5cb")},
      {400, get("/a\\b")},
      {400, get("/a%00b")},
      {400, get("/a%0d%0ab")},
      {400, get("/a%7f")},
      {400, get("/a%")},
      {400, get("/a%4")},
      {400, get("/a%zz")},
      {400, get("/a%+1")},
      {400, get("/a%ff")},
      {400, get("/a%c0%ae%c0%ae/b")},
      {400, get("/a\xC3\xA4")},
      {400, get("/a#b")},
      {400, get("/a<b>")},
      {400, get("/?a=1&a=2")},
      {400, get("/?a=%0a")},
      {400, get("/?a=%00")},
      {400, get("/?a=%")},
      {400, get("/?=b")},
      {400, get("/?a=1&&b=2")},
      {0, get("/...")},
      {0, get("/a/")},
      {0, get("/%252e%252e")},
      {0, get("/?a")},
      {0, get("/?")},
  });
  BOOST_TEST(request_of(get("/%252e%252e")).path == "/%2e%2e");
}

BOOST_AUTO_TEST_CASE(other_protocols_and_methods_are_told_at_their_first_line) {
  check({
      {400, "GET /\r\n"},
      {400, "GET\r\n"},
      {400, "GET  / HTTP/1.1\r\n"},
      {400, "GET / HTTP/1.1 \r\n"},
      {400, "GET / ICY/1.1\r\n"},
      {505, "GET / HTTP/0.9\r\n"},
      {505, "GET / HTTP/1.2\r\n"},
      {505, "PRI * HTTP/2.0\r\n"},
      {400, std::string("\x16\x03\x01\x00\x02\x01", 6)},
      {405, "BREW /pot HTTP/1.1\r\n"},
      {405, "OPTIONS / HTTP/1.1\r\n"},
      {405, "CONNECT localhost:80 HTTP/1.1\r\n"},
      {405, "get / HTTP/1.1\r\n"},
      {400, "G@T / HTTP/1.1\r\n"},
      {0, "DELETE /x HTTP/1.1\r\n"},
  });
}

BOOST_AUTO_TEST_CASE(a_name_that_somebody_elses_dns_points_here_is_not_ours) {
  const auto with_host = [](const std::string& host) {
    return refused("GET / HTTP/1.1\r\nHost:" + host + "\r\n\r\n");
  };
  for (const char* host : {" 127.0.0.1",
                           " 127.0.0.1:7117",
                           " [::1]:80",
                           " 10.1.2.3",
                           " LOCALHOST",
                           " localhost:1",
                           " muster.example",
                           " MUSTER.example:443"})
    BOOST_TEST_CONTEXT(host) BOOST_TEST(with_host(host) == 0);
  for (const char* host : {" evil.example",
                           " localhost.evil.example",
                           " muster.example.",
                           " 127.0.0.1.evil.example",
                           " 2130706433",
                           " 0x7f.1"})
    BOOST_TEST_CONTEXT(host) BOOST_TEST(with_host(host) == 421);
  for (const char* host : {"",
                           " ",
                           " localhost:",
                           " localhost:port",
                           " localhost:123456",
                           " a b",
                           " user@localhost",
                           " [::1",
                           " [::1]x",
                           " local/host",
                           " a,b"})
    BOOST_TEST_CONTEXT(host) BOOST_TEST(with_host(host) == 400);
  BOOST_TEST(refused("GET / HTTP/1.1\r\n\r\n") == 400);
}

BOOST_AUTO_TEST_CASE(what_is_too_much_is_refused_before_it_has_come_whole) {
  BOOST_TEST(refused("GET /" + std::string(3000, 'a')) == 414);
  BOOST_TEST(refused("GET / HTTP/1.1\r\nX: " + std::string(3000, 'a')) == 431);
  std::string many;
  for (int i = 0; i < 9; ++i) many += "X-" + std::to_string(i) + ": a\r\n";
  BOOST_TEST(refused(get("/", many)) == 431);
}

BOOST_AUTO_TEST_CASE(forms_are_read_or_not_at_all) {
  const auto form = read_form("token=mst_a-b&next=%2Fruns%3Fa%3Db&reason=two%0Alines");
  BOOST_REQUIRE(form.has_value());
  BOOST_TEST(form->at("next") == "/runs?a=b");
  BOOST_TEST(form->at("reason") == "two\nlines");
  BOOST_TEST(read_form("")->empty());
  for (const char* text : {"a=1&a=2", "a=%", "=1", "a=%00", "a=%ff", "&", "a=1&"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST(!read_form(text).has_value());
}

BOOST_AUTO_TEST_CASE(a_response_carries_what_shields_it) {
  WebResponse response;
  response.body = "{}";
  const UtcTime now = *parse_utc("2026-11-08T09:05:03Z");
  const std::string head = response_head(response, ResponseFrame{false, true, now});
  BOOST_TEST(head ==
             "HTTP/1.1 200 OK\r\n"
             "Date: Sun, 08 Nov 2026 09:05:03 GMT\r\n"
             "Content-Type: application/json\r\n"
             "Content-Length: 2\r\n"
             "Connection: keep-alive\r\n"
             "X-Content-Type-Options: nosniff\r\n"
             "X-Frame-Options: DENY\r\n"
             "Referrer-Policy: same-origin\r\n"
             "Cache-Control: no-store\r\n"
             "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; "
             "frame-ancestors 'none'\r\n"
             "\r\n");
  response.headers = {{"Cache-Control", "max-age=60"}, {"Content-Security-Policy", "x"}};
  const std::string chosen = response_head(response, ResponseFrame{true, false, now});
  BOOST_TEST(chosen.find("no-store") == std::string::npos);
  BOOST_TEST(chosen.find("'none'") == std::string::npos);
  BOOST_TEST(chosen.find("Strict-Transport-Security: max-age=31536000\r\n") != std::string::npos);
  BOOST_TEST(chosen.find("Connection: close\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_header_of_a_response_leaves_its_line_or_frames_the_message) {
  const ResponseFrame frame{false, true, {}};
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"Location", "/a\r\nSet-Cookie: x=y"},
                                                        {"Location", "/a\nb"},
                                                        {"X-A", std::string("a\0b", 3)},
                                                        {"X-A\r\nB", "c"},
                                                        {"Content-Length", "3"},
                                                        {"Transfer-Encoding", "chunked"},
                                                        {"Connection", "close"}}) {
    WebResponse response;
    response.headers.emplace_back(name, value);
    BOOST_TEST_CONTEXT(name) BOOST_CHECK_THROW(response_head(response, frame), Error);
  }
  WebResponse response;
  response.type = "text/html\r\nX: y";
  BOOST_CHECK_THROW(response_head(response, frame), Error);
}

BOOST_AUTO_TEST_CASE(what_has_no_body_says_no_length) {
  WebResponse response;
  response.status = 204;
  const std::string head = response_head(response, {});
  BOOST_TEST(head.starts_with("HTTP/1.1 204 No Content\r\n"));
  BOOST_TEST(head.find("\r\nContent-") == head.find("\r\nContent-Security"));
}

BOOST_AUTO_TEST_CASE(a_problem_is_one_sentence_of_json) {
  const WebResponse response = problem(404, "no \"such\" run");
  BOOST_TEST(response.status == 404);
  BOOST_TEST(response.body == "{\"error\":\"no \\\"such\\\" run\"}\n");
}

BOOST_AUTO_TEST_SUITE_END()
