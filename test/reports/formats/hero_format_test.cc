#include "test/reports/formats/golden.h"

using namespace muster;
using sample::count;
using sample::has;

namespace {

std::string hero(const Result& result) {
  return report_format("hero")->render(result);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hero_file)

BOOST_AUTO_TEST_CASE(the_picture_is_one_whole_document_with_its_verdict) {
  for (const auto& [name, result] : sample::all()) {
    const std::string text = hero(result);
    BOOST_TEST(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1124 "),
               name);
    BOOST_TEST(text.ends_with("</svg>\n"), name);
    BOOST_TEST(count(text, "<svg ") == count(text, "</svg>"), name);
    BOOST_TEST(count(text, "<svg ") == 2U, name);
    BOOST_TEST(has(text, "<title>drain-us-east: "), name);
    BOOST_TEST(!has(text, "style="), name);
    BOOST_TEST(!has(text, "display=\"none\""), name);
  }
  BOOST_TEST(has(hero(sample::failed()), "✕ Failed</text>"));
}

BOOST_AUTO_TEST_CASE(a_run_without_measurement_says_so) {
  BOOST_TEST(has(hero(Result{}), "Nothing was measured."));
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_markup) {
  const std::size_t usual = count(hero(sample::hostile("x")), "<");
  for (const std::string& text : sample::hostile_texts()) {
    const std::string out = hero(sample::hostile(text));
    // Longer names may hide a label for want of room, but no tag is ever added.
    BOOST_TEST(count(out, "<") <= usual, text);
    BOOST_TEST(!has(out, "\uFFFE"));
    BOOST_TEST(!has(out, "\x1b"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
