#include "test/reports/formats/golden.h"

using namespace muster;

namespace {

json::array annotations(const Result& result) {
  return parse_json(report_format("grafana")->render(result), "annotations").as_array();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(grafana)

BOOST_AUTO_TEST_CASE(annotations_are_what_they_were) {
  sample::check_golden("grafana", ".json");
}

BOOST_AUTO_TEST_CASE(the_run_and_each_phase_is_a_region_at_its_time) {
  const Result result = sample::passed();
  const json::array regions = annotations(result);
  BOOST_REQUIRE(regions.size() == result.phases.size() + 1);
  const json::object& undetected = regions.at(2).as_object();
  BOOST_TEST(integer_at(undetected, "time") == 1'794'665'520'318);
  BOOST_TEST(integer_at(undetected, "timeEnd") == 1'794'665'522'418);
  BOOST_TEST(at(undetected, "tags").as_array().at(2).as_string() == "undetected");
}

BOOST_AUTO_TEST_CASE(no_region_ends_before_it_begins) {
  for (const auto& [name, result] : sample::all()) {
    for (const auto& one : annotations(result))
      BOOST_TEST(integer_at(one.as_object(), "time") <= integer_at(one.as_object(), "timeEnd"));
  }
}

BOOST_AUTO_TEST_CASE(a_phase_without_an_end_lasts_as_long_as_the_run) {
  Result result = sample::passed();
  result.phases.back().to_s.reset();
  const json::array regions = annotations(result);
  BOOST_TEST(integer_at(regions.back().as_object(), "timeEnd") ==
             integer_at(regions.front().as_object(), "timeEnd"));
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_markup) {
  for (const std::string& text : sample::hostile_texts()) {
    for (const auto& one : annotations(sample::hostile(text)))
      BOOST_TEST(!sample::has(text_at(one.as_object(), "text"), "<"), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
