#include "drills/lab/programs/app/http.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace muster::app {
namespace {

using State = ParsedRequest::State;

State state_of(const std::string& bytes) {
  return parse_request(bytes).state;
}

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(a_request_is_read_with_its_headers_and_body) {
  const std::string bytes =
      "POST /comment?draft=1 HTTP/1.1\r\nHost: novvista.test\r\nAUTHORIZATION:  Bearer abc \r\n"
      "Content-Length: 5\r\n\r\nhelloGET /";
  const ParsedRequest parsed = parse_request(bytes);
  BOOST_REQUIRE(parsed.state == State::Complete);
  BOOST_TEST(parsed.request.method == "POST");
  BOOST_TEST(parsed.request.path == "/comment");
  BOOST_TEST(parsed.request.header("authorization") == "Bearer abc");
  BOOST_TEST(parsed.request.header("cookie") == "");
  BOOST_TEST(parsed.request.body == "hello");
  BOOST_TEST(parsed.request.keep_alive);
  BOOST_TEST(bytes.substr(parsed.consumed) == "GET /");
}

BOOST_AUTO_TEST_CASE(every_shorter_prefix_is_incomplete) {
  const std::string bytes = "PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t length = 0; length < bytes.size(); ++length)
    BOOST_TEST((state_of(bytes.substr(0, length)) == State::Incomplete));
  BOOST_TEST((state_of(bytes) == State::Complete));
}

BOOST_AUTO_TEST_CASE(the_connection_is_kept_by_version_and_header) {
  const auto kept = [](const std::string& head) {
    return parse_request(head + "\r\n\r\n").request.keep_alive;
  };
  BOOST_TEST(kept("GET / HTTP/1.1"));
  BOOST_TEST(!kept("GET / HTTP/1.0"));
  BOOST_TEST(!kept("GET / HTTP/1.1\r\nConnection: close"));
  BOOST_TEST(kept("GET / HTTP/1.0\r\nConnection: Keep-Alive"));
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_malformed) {
  const std::string end = "\r\n\r\n";
  BOOST_TEST((state_of("HELLO" + end) == State::Malformed));
  BOOST_TEST((state_of("GET /a" + end) == State::Malformed));
  BOOST_TEST((state_of("GET a HTTP/1.1" + end) == State::Malformed));
  BOOST_TEST((state_of("GET / SPDY/3" + end) == State::Malformed));
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nno colon" + end) == State::Malformed));
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nContent-Length: -1" + end) == State::Malformed));
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nContent-Length: 1x" + end) == State::Malformed));
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nTransfer-Encoding: chunked" + end) == State::Malformed));
}

BOOST_AUTO_TEST_CASE(heads_and_bodies_have_a_limit) {
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a')) == State::Malformed));
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n") == State::Malformed));
  BOOST_TEST((state_of("GET / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n") == State::Incomplete));
}

BOOST_AUTO_TEST_CASE(a_head_request_is_answered_with_the_length_but_no_body) {
  Response response;
  response.status = 503;
  response.body = "{}";
  response.headers = {{"x-region", "us-east"}};
  BOOST_TEST(
      serialize(response, false, false) ==
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nx-region: us-east\r\n"
      "Content-Length: 2\r\nConnection: close\r\n\r\n");
  BOOST_TEST(serialize(response, true, true).ends_with("Connection: keep-alive\r\n\r\n{}"));
}

BOOST_AUTO_TEST_CASE(text_is_escaped_for_json_and_html) {
  BOOST_TEST(json_text("a\"b\\c\n") == R"("a\"b\\c\u000a")");
  BOOST_TEST(html_text("<b> & \"c\"") == "&lt;b&gt; &amp; &quot;c&quot;");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace muster::app
