#include "drills/lab/programs/app/options.h"

#include <boost/test/unit_test.hpp>

namespace muster::app {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(options_are_pairs_of_name_and_value) {
  const auto [options, error] = parse_options({"--region",
                                               "eu-west",
                                               "--redis-read",
                                               "10.2.0.30:6379",
                                               "--deny-mode",
                                               "open",
                                               "--query-timeout",
                                               "250",
                                               "--write-slots",
                                               "0"});
  BOOST_TEST(error == "");
  BOOST_TEST(options.region == "eu-west");
  BOOST_TEST(options.redis_read.host == "10.2.0.30");
  BOOST_TEST(options.redis_read.port == 6379);
  BOOST_TEST((options.deny_mode == DenyMode::Open));
  BOOST_TEST((options.query_timeout == 250ms));
  BOOST_TEST(options.write_slots == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_option_is_named_with_what_it_wants) {
  BOOST_TEST(parse_options({"--colour", "red"}).error == "unknown option '--colour'");
  BOOST_TEST(parse_options({"--port"}).error ==
             "--port wants a value: TCP port to listen on (8080)");
  BOOST_TEST(parse_options({"--port", "80a"}).error ==
             "'80a' is no value for --port: TCP port to listen on (8080)");
  BOOST_TEST(parse_options({"--port", "0"}).error != "");
  BOOST_TEST(parse_options({"--redis-read", "here"}).error != "");
  BOOST_TEST(parse_options({"--deny-mode", "maybe"}).error != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace muster::app
