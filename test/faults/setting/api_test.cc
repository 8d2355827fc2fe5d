// What muster-setting writes to a provider: secrets of this host where the stack asks for them, and
// nowhere else.
#include "faults/setting/api.h"

#include <cstdlib>

#include <boost/test/unit_test.hpp>

using namespace muster;

namespace {

struct OneSecret {
  std::vector<Secret> used;

  OneSecret() { ::setenv("MUSTER_TEST_SETTING", "a-token-that-is-secret", 1); }
  ~OneSecret() { ::unsetenv("MUSTER_TEST_SETTING"); }
};

constexpr char kReference[] = "${secret:env:MUSTER_TEST_SETTING}";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(setting_body, OneSecret)

BOOST_AUTO_TEST_CASE(the_value_and_the_secrets_of_the_body_are_put_in) {
  const std::string body =
      std::string("{\"key\": \"") + kReference + "\", \"on\": {value}, \"was\": {value}}";
  BOOST_TEST(body_of_write(body, "false", used) ==
             "{\"key\": \"a-token-that-is-secret\", \"on\": false, \"was\": false}");
  BOOST_TEST(used.size() == 1U);
  BOOST_TEST(body_of_write("", "false", used) == "");
}

BOOST_AUTO_TEST_CASE(a_value_that_names_a_secret_of_this_host_is_written_as_it_is) {
  const std::string value = std::string("\"") + kReference + "\"";
  BOOST_TEST(body_of_write("{\"on\": {value}}", value, used) == "{\"on\": " + value + "}");
  BOOST_TEST(body_of_write("${secret:{value}}", "env:MUSTER_TEST_SETTING", used) ==
             "${secret:env:MUSTER_TEST_SETTING}");
  BOOST_TEST(body_of_write("{value}", "{value}", used) == "{value}");
  BOOST_TEST(used.empty());
}

BOOST_AUTO_TEST_SUITE_END()
