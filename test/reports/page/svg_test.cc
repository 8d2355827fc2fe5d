#include "reports/page/svg.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

BOOST_AUTO_TEST_SUITE(svg)

BOOST_AUTO_TEST_CASE(a_coordinate_has_one_decimal_and_no_negative_zero) {
  BOOST_TEST(coordinate(0) == "0");
  BOOST_TEST(coordinate(-0.04) == "0");
  BOOST_TEST(coordinate(12.0) == "12");
  BOOST_TEST(coordinate(12.34) == "12.3");
  BOOST_TEST(coordinate(-0.5) == "-0.5");
}

BOOST_AUTO_TEST_CASE(equal_neighbours_in_a_row_become_one_rectangle) {
  CellGrid grid(5, 2);
  grid.at(1, 0) = grid.at(2, 0) = grid.at(4, 0) = 3;
  grid.at(0, 1) = 3;
  grid.at(3, 0) = 1;
  BOOST_TEST(cells_path(grid, 3) == "M1 0.5h2m1 0h1m-5 1h1");
  BOOST_TEST(cells_path(grid, 1) == "M3 0.5h1");
  BOOST_TEST(cells_path(grid, 2) == "");
}

BOOST_AUTO_TEST_CASE(bars_of_equal_height_are_one_bar_and_empty_columns_are_none) {
  BOOST_TEST(bars_path({0, 0.5, 0.5, 0, 1}) == "M1 0v0.5h2v-0.5zM4 0v1h1v-1z");
  BOOST_TEST(bars_path({0, 0}) == "");
}

BOOST_AUTO_TEST_CASE(text_is_escaped_and_carries_its_colour_without_a_style) {
  std::string out;
  Svg(out).text(1, 2, paint::kFail, {.size = 10, .anchor = Svg::Anchor::End, .bold = true}, "a<b");
  BOOST_TEST(
      out ==
      R"(<text x="1" y="2" class="f-fail" fill="#c62f1c" font-size="10" text-anchor="end" font-weight="600">a&lt;b</text>)");
}

BOOST_AUTO_TEST_CASE(an_axis_has_round_steps_and_never_too_many) {
  BOOST_TEST(axis_step(72, 15) == 5);
  BOOST_TEST(axis_step(150, 15) == 10);
  BOOST_TEST(axis_step(600, 15) == 60);
  BOOST_TEST(axis_step(0.9, 15) == 0.1);
  for (const double span : {1.0, 7.0, 33.0, 900.0, 5e4, 1e7})
    BOOST_TEST(span / axis_step(span, 15) <= 15);
}

BOOST_AUTO_TEST_SUITE_END()
