#include "reports/page/markup.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(markup)

BOOST_AUTO_TEST_CASE(markup_from_data_becomes_text) {
  BOOST_TEST(escape("</script><a href='x' b=\"y\">&amp;") ==
             "&lt;/script&gt;&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;amp;");
}

BOOST_AUTO_TEST_CASE(comments_and_line_separators_are_inert) {
  const std::string out = escape("<!-- a\u2028b \u202e c");
  BOOST_TEST(out.find('<') == std::string::npos);
  BOOST_TEST(out.find("\u2028") == std::string::npos);
  BOOST_TEST(out.find("\u202e") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(control_characters_and_broken_utf8_are_replaced) {
  const std::string out = escape("a\x1b[31m\xff\x01z");
  BOOST_TEST(out.find('\x1b') == std::string::npos);
  BOOST_TEST(out.find('\xff') == std::string::npos);
  BOOST_TEST(out.ends_with("z"));
  BOOST_TEST(out.find("\ufffd") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_stay_lines_where_asked) {
  BOOST_TEST(escape_lines("a: <1>\r\n  b\n\nc") == "a: &lt;1&gt;\n  b\n\nc");
  BOOST_TEST(escape("a\nb") == "a b");
}

BOOST_AUTO_TEST_CASE(in_a_headline_a_number_stays_with_its_unit) {
  BOOST_TEST(escape_headline("took 38.2 s of 30 s; <b>") ==
             "took 38.2\xc2\xa0s of 30\xc2\xa0s; &lt;b&gt;");
  BOOST_TEST(escape_headline("3 writes, 5 ms, 2 %") == "3 writes, 5\xc2\xa0ms, 2\xc2\xa0%");
}

BOOST_AUTO_TEST_SUITE_END()
