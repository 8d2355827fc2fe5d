#include "drills/lab/questions.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"

namespace muster::lab {

namespace {

using namespace std::string_literals;

Answer answer(std::string bytes) {
  return {std::move(bytes), ""};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lab_questions)

BOOST_AUTO_TEST_CASE(an_http_answer_gives_its_status_and_headers) {
  const HttpAnswer http = http_of(
      answer("HTTP/1.1 503 Service Unavailable\r\nX-Region: us-east\r\n\r\nX-Lie: body\r\n"));
  BOOST_TEST(http.status == 503);
  BOOST_TEST(http.header("x-region") == "us-east");
  BOOST_TEST(http.header("x-lie") == "");
  BOOST_TEST(http_of(answer("garbage")).status == 0);
}

BOOST_AUTO_TEST_CASE(a_row_is_read_past_the_messages_before_it) {
  const std::string ready = "Z\0\0\0\5I"s;
  const std::string row = "D\0\0\0\x14\0\2\0\0\0\4true\xff\xff\xff\xff"s;
  std::string complaint;
  const auto columns = row_of(answer(ready + row), complaint);
  BOOST_TEST(columns == (std::vector<std::string>{"true", ""}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_database_is_the_complaint) {
  std::string complaint;
  BOOST_TEST(row_of(answer("E\0\0\0\x1cSFATAL\0Mtoo many clients\0\0"s), complaint).empty());
  BOOST_TEST(complaint == "too many clients");
  std::string nothing;
  row_of(answer("D\xff"), nothing);
  BOOST_TEST(nothing == "no answer to a query");
}

BOOST_AUTO_TEST_CASE(addresses_are_read_from_a_compressed_answer) {
  const std::string question = ask_dns("h", "a", "api.novvista.test").bytes;
  const std::string head = "MU\x81\x80\0\1\0\1\0\0\0\0"s;
  const std::string record = "\xc0\x0c\0\1\0\1\0\0\0\6\0\4\x0a\1\0\x0a"s;
  const Answer good = answer(head + question.substr(12) + record);
  BOOST_TEST(addresses_of(good) == std::vector<std::string>{"10.1.0.10"},
             boost::test_tools::per_element());
  const std::string refused = "MU\x81\x83\0\1\0\1\0\0\0\0"s;
  BOOST_TEST(addresses_of(answer(refused + question.substr(12) + record)).empty());
}

BOOST_AUTO_TEST_CASE(a_broken_answer_of_a_name_server_has_no_address) {
  const std::string head = "MU\x81\x80\0\1\0\xff\0\0\0\0"s;
  BOOST_TEST(addresses_of(answer(head)).empty());
  BOOST_TEST(addresses_of(answer(head + "\x3f\x3f")).empty());
}

BOOST_AUTO_TEST_CASE(the_subnet_of_a_user_is_put_into_the_question) {
  const std::string bytes = ask_dns("h", "a", "api.novvista.test", "10.12").bytes;
  BOOST_TEST(bytes.substr(bytes.size() - 10) == "\0\x08\0\x06\0\x01\x10\0\x0a\x0c"s);
}

BOOST_AUTO_TEST_CASE(a_value_of_redis_is_found_by_its_whole_name) {
  const Answer info = answer("$90\r\nrole:slave\r\nmaster_link_status:up\r\n");
  BOOST_TEST(redis_value(info, "role") == "slave");
  BOOST_TEST(redis_value(info, "master_link_status") == "up");
  BOOST_TEST(redis_value(info, "link_status") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster::lab
