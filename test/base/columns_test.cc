#include "base/columns.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(columns)

BOOST_AUTO_TEST_CASE(letters_take_as_many_columns_as_on_a_terminal) {
  BOOST_TEST(columns_of("") == 0u);
  BOOST_TEST(columns_of("abc") == 3u);
  BOOST_TEST(columns_of("−│█é") == 4u);
  BOOST_TEST(columns_of("東京") == 4u);
  BOOST_TEST(columns_of("e\u0301") == 1u);
  BOOST_TEST(columns_of("🚀") == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_cut_says_so_and_fits) {
  BOOST_TEST(cut_to("readers", 7) == "readers");
  BOOST_TEST(cut_to("readers", 6) == "reade…");
  BOOST_TEST(cut_to("東京都", 4) == "東…");
  BOOST_TEST(cut_to("東京都", 5) == "東京…");
  BOOST_TEST(cut_to("x", 0) == "");
}

BOOST_AUTO_TEST_CASE(columns_are_filled_up_on_either_side) {
  BOOST_TEST(left_in("ab", 4) == "ab  ");
  BOOST_TEST(right_in("ab", 4) == "  ab");
  BOOST_TEST(right_in("東京都", 4) == " 東…");
}

BOOST_AUTO_TEST_CASE(broken_bytes_end_the_loop_too) {
  BOOST_TEST(columns_of("\xe6\x9d") == 2u);
  BOOST_TEST(columns_of("\xff\xfe") == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
