#include "base/json.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"

using namespace muster;

BOOST_AUTO_TEST_SUITE(json_)

BOOST_AUTO_TEST_CASE(keys_keep_their_order_and_numbers_their_shortest_form) {
  json::object object;
  object["z"] = 0.1;
  object["a"] = json::array{1, 2.0, nullptr};
  BOOST_TEST(compact_json(object) == R"({"z":0.1,"a":[1,2,null]})");
  BOOST_TEST(pretty_json(object) == "{\n  \"z\": 0.1,\n  \"a\": [1, 2, null]\n}\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_null_and_never_nan) {
  BOOST_TEST(compact_json(json::value(std::numeric_limits<double>::quiet_NaN())) == "null");
  BOOST_TEST(compact_json(json::value(std::numeric_limits<double>::infinity())) == "null");
}

BOOST_AUTO_TEST_CASE(a_missing_or_mistyped_member_is_named) {
  const json::object object{{"n", 1}};
  BOOST_CHECK_EXCEPTION(text_at(object, "x"), Error, [](const Error& e) {
    return e.message() == "the key 'x' is missing";
  });
  BOOST_CHECK_EXCEPTION(text_at(object, "n"), Error, [](const Error& e) {
    return e.message() == "'n' is not a text";
  });
}

BOOST_AUTO_TEST_SUITE_END()
