#include "base/text.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(text_)

BOOST_AUTO_TEST_CASE(the_nearest_word_is_offered_only_where_it_is_near) {
  BOOST_TEST(nearest("tageret", {"target", "region"}) == "target");
  BOOST_TEST(nearest("regoin", {"target", "region"}) == "region");
  BOOST_TEST(nearest("something", {"target", "region"}) == "");
}

BOOST_AUTO_TEST_CASE(an_argv_is_shown_as_it_would_be_typed) {
  BOOST_TEST(show_argv({"nft", "-f", "-"}) == "nft -f -");
  BOOST_TEST(show_argv({"psql", "-c", "select 'a b'"}) == "psql -c 'select '\\''a b'\\'''");
  BOOST_TEST(show_argv({"true", ""}) == "true ''");
}

BOOST_AUTO_TEST_CASE(bytes_that_could_move_a_terminal_become_inert) {
  BOOST_TEST(printable("\x1b[2Jred") == "\uFFFD[2Jred");
  BOOST_TEST(printable("a\nb\tc") == "a b c");
  BOOST_TEST(printable("\xff\xfe") == "\uFFFD\uFFFD");
  BOOST_TEST(printable("\xc2\x9b"
                       "31m") == "\uFFFD\uFFFD31m");  // the C1 form of ESC [
  BOOST_TEST(printable("\u202Eevil") == "\uFFFD\uFFFD\uFFFDevil");
  BOOST_TEST(printable("\u2066evil") == "\uFFFD\uFFFD\uFFFDevil");
  BOOST_TEST(printable("müßig €") == "müßig €");
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_and_says_so) {
  BOOST_TEST(printable("abcdef", 3) == "abc…");
}

BOOST_AUTO_TEST_SUITE_END()
