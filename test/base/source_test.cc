#include "base/source.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(source)

BOOST_AUTO_TEST_CASE(a_diagnostic_shows_its_line_with_a_caret_and_a_hint) {
  const Source file("drill.yaml", "one: 1\n  tageret: eu\n");
  const Diagnostic wrong{
      {"drill.yaml", 2, 3}, "unknown key 'tageret'", "did you mean 'target'?", 7};
  BOOST_TEST(render(wrong, {&file}) ==
             "drill.yaml:2:3: error: unknown key 'tageret'\n"
             "  2 |   tageret: eu\n"
             "    |   ^~~~~~~ did you mean 'target'?");
}

BOOST_AUTO_TEST_CASE(all_diagnostics_come_in_the_order_of_the_file_and_are_counted) {
  const Source file("a", "x\ny\n");
  const std::string text =
      render_all({{{"a", 2, 1}, "second", ""}, {{"a", 1, 1}, "first", ""}}, {&file});
  BOOST_TEST(text.find("first") < text.find("second"));
  BOOST_TEST(text.ends_with("2 errors; nothing was run"));
}

BOOST_AUTO_TEST_CASE(a_place_past_the_end_of_its_line_still_has_a_caret) {
  const Source file("a", "ab");
  BOOST_TEST(render({{"a", 1, 9}, "m", "", 4}, {&file}).ends_with("  1 | ab\n    |   ^"));
}

BOOST_AUTO_TEST_SUITE_END()
