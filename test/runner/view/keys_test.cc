#include "runner/view/keys.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(one_plain_letter_is_a_key) {
  BOOST_TEST((single_key("a") == 'a'));
  BOOST_TEST((single_key("\x1b[A?") == '?'));
  BOOST_TEST(!single_key("").has_value());
}

BOOST_AUTO_TEST_CASE(an_arrow_or_a_paste_is_no_key) {
  for (const std::string_view typed : {"\x1b[a",
                                       "\x1bOa",
                                       "\x1b",
                                       "\x1b[1;5A",
                                       "\x1b[",
                                       "\x1b"
                                       "a",
                                       "paste a",
                                       "aa"})
    BOOST_TEST(!single_key(typed).has_value(), typed.substr(1));
}

BOOST_AUTO_TEST_SUITE_END()
