#include "probes/http_exchange.h"

#include <boost/test/unit_test.hpp>
#include <curl/curl.h>

#include "base/error.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

HttpExchange exchange(std::string_view more = "{}") {
  json::object params = {
      {"url", "http://www.novvista.test/"}, {"method", "GET"}, {"timeout", 2'000'000'000}};
  const json::value added = parse_json(more, "test");
  for (const auto& [key, value] : added.as_object()) params[key] = value;
  return http_exchange(params, {200});
}

HttpAnswer answered(int status, std::string body = {}) {
  HttpAnswer answer;
  answer.outcome = Outcome::Good;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_exchanges)

BOOST_AUTO_TEST_CASE(only_the_expected_status_is_good) {
  BOOST_TEST((judge_answer(exchange(), answered(200)) == Outcome::Good));
  BOOST_TEST((judge_answer(exchange(), answered(204)) == Outcome::HttpError));
  BOOST_TEST((judge_answer(exchange(), answered(302)) == Outcome::HttpError));
  BOOST_TEST((judge_answer(exchange(), answered(503)) == Outcome::HttpError));
}

BOOST_AUTO_TEST_CASE(a_list_of_statuses_may_be_expected) {
  const HttpExchange either = exchange(R"({"expect": {"status": ["200", "404"]}})");
  BOOST_TEST((judge_answer(either, answered(404)) == Outcome::Good));
  BOOST_TEST((judge_answer(either, answered(403)) == Outcome::HttpError));
}

BOOST_AUTO_TEST_CASE(a_status_that_is_none_is_refused) {
  for (const char* status : {"abc", "20", "2000", "200x", ""}) {
    BOOST_CHECK_THROW(exchange(fmt::format(R"({{"expect": {{"status": ["{}"]}}}})", status)),
                      Error);
  }
}

BOOST_AUTO_TEST_CASE(a_body_without_the_expected_words_is_wrong) {
  const HttpExchange article = exchange(R"({"expect": {"body_contains": "<article"}})");
  BOOST_TEST(article.request.keep_body);
  BOOST_TEST((judge_answer(article, answered(200, "<html><article>")) == Outcome::Good));
  BOOST_TEST((judge_answer(article, answered(200, "<html>")) == Outcome::WrongBody));
  BOOST_TEST((judge_answer(article, answered(500, "<article")) == Outcome::HttpError));
}

BOOST_AUTO_TEST_CASE(a_transfer_that_failed_is_what_it_failed_with) {
  HttpAnswer failed_transfer = answered(200);
  failed_transfer.outcome = Outcome::Reset;
  BOOST_TEST((judge_answer(exchange(), failed_transfer) == Outcome::Reset));
}

BOOST_AUTO_TEST_CASE(each_way_a_transfer_fails_has_its_outcome) {
  const std::vector<std::tuple<int, int, Outcome>> table = {
      {CURLE_OK, 0, Outcome::Good},
      {CURLE_COULDNT_CONNECT, ECONNREFUSED, Outcome::Refused},
      {CURLE_COULDNT_CONNECT, EHOSTUNREACH, Outcome::Unreachable},
      {CURLE_COULDNT_CONNECT, ENETUNREACH, Outcome::Unreachable},
      {CURLE_COULDNT_CONNECT, ETIMEDOUT, Outcome::Timeout},
      {CURLE_COULDNT_CONNECT, 0, Outcome::Other},
      {CURLE_OPERATION_TIMEDOUT, 0, Outcome::Timeout},
      {CURLE_RECV_ERROR, ECONNRESET, Outcome::Reset},
      {CURLE_SEND_ERROR, EPIPE, Outcome::Reset},
      {CURLE_GOT_NOTHING, 0, Outcome::Reset},
      {CURLE_PARTIAL_FILE, 0, Outcome::Reset},
      {CURLE_COULDNT_RESOLVE_HOST, 0, Outcome::Dns},
      {CURLE_SSL_CONNECT_ERROR, 0, Outcome::Tls},
      {CURLE_SSL_CONNECT_ERROR, ECONNRESET, Outcome::Reset},
      {CURLE_PEER_FAILED_VERIFICATION, 0, Outcome::Tls},
      {CURLE_OUT_OF_MEMORY, 0, Outcome::Other},
  };
  for (const auto& [code, error_number, outcome] : table) {
    BOOST_TEST((outcome_of_transfer(code, error_number) == outcome),
               fmt::format("{} with {}", code, error_number));
  }
}

BOOST_AUTO_TEST_CASE(every_outcome_has_a_name_that_reads_back) {
  for (int i = 0; i <= static_cast<int>(Outcome::NotSent); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    BOOST_TEST((outcome_from(name_of(outcome)) == outcome));
  }
  BOOST_CHECK_THROW(outcome_from("fine"), Error);
}

BOOST_AUTO_TEST_CASE(a_url_that_is_none_is_refused_before_anything_is_sent) {
  for (const char* url : {"", "www", "ftp://x/", "http://", "file:///etc/passwd"}) {
    HttpRequest request;
    request.url = url;
    BOOST_CHECK_THROW(prepare_call(request), Error);
  }
}

BOOST_AUTO_TEST_CASE(the_host_of_a_url_comes_without_port_and_brackets) {
  HttpRequest request;
  request.url = "http://[::1]:8080/x";
  BOOST_TEST(host_of(*prepare_call(request)) == "::1");
  request.url = "https://www.novvista.test:8443/x";
  BOOST_TEST(host_of(*prepare_call(request)) == "www.novvista.test");
}

BOOST_AUTO_TEST_SUITE_END()
