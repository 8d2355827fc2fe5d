#include "drills/lab/programs/app/denylist.h"

#include <boost/test/unit_test.hpp>

namespace muster::app {

namespace {

Claims issued_at(std::int64_t second) {
  return {.subject = "ann", .id = "app1-us-7", .issued_at = second, .expires_at = second + 3600};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(denylist)

BOOST_AUTO_TEST_CASE(one_token_and_all_tokens_of_a_user_are_different_entries) {
  BOOST_TEST(denied_key(issued_at(1)) == "deny:app1-us-7");
  BOOST_TEST(too_old_key(issued_at(1)) == "too-old:ann");
}

BOOST_AUTO_TEST_CASE(who_never_logged_out_everywhere_has_no_token_that_is_too_old) {
  BOOST_TEST(!is_too_old(issued_at(0), ""));
}

BOOST_AUTO_TEST_CASE(tokens_up_to_the_second_of_the_logout_are_too_old_and_later_ones_are_not) {
  BOOST_TEST(is_too_old(issued_at(99), "100"));
  BOOST_TEST(is_too_old(issued_at(100), "100"));
  BOOST_TEST(!is_too_old(issued_at(101), "100"));
}

BOOST_AUTO_TEST_CASE(an_entry_that_cannot_be_read_lets_nobody_in) {
  BOOST_TEST(is_too_old(issued_at(100), "soon"));
  BOOST_TEST(is_too_old(issued_at(100), "100 "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster::app
