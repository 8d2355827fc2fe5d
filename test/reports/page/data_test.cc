#include "reports/page/data.h"

#include <boost/test/unit_test.hpp>

#include "base/json.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

/// One vantage and probe whose bins of one second begin at 0.
Result with_bins(std::size_t count) {
  Result result;
  result.series.segments = {{0, static_cast<double>(count), 1}};
  Result::SeriesRow row;
  row.vantage = "here";
  row.probe = "page";
  row.due.assign(count, 10);
  result.series.rows = {row};
  return result;
}

json::object data_of(const Result& result) {
  return parse_json(page_data(result), "the page's data").as_object();
}

std::string bins(const Result& result, std::string_view series) {
  return text_at(data_of(result)["rows"].as_array()[0].as_object(), series);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page_data_of)

BOOST_AUTO_TEST_CASE(a_result_without_samples_has_no_data) {
  BOOST_TEST(page_data(Result{}) == "");
}

BOOST_AUTO_TEST_CASE(equal_bins_are_written_once) {
  BOOST_TEST(bins(with_bins(600), "due") == "10*600");
  Result result = with_bins(4);
  result.series.rows[0].due = {10, 10, 9.5, 10};
  BOOST_TEST(bins(result, "due") == "10*2;9.5;10");
}

BOOST_AUTO_TEST_CASE(empty_bins_keep_their_place_and_those_at_the_end_are_left_out) {
  Result result = with_bins(6);
  result.series.rows[0].unknown = {0, 0, 3, 0, 4, 0};
  BOOST_TEST(bins(result, "unknown") == "*2;3;;4");
  result.series.rows[0].unknown = {0, 0, 0, 0, 0, 0};
  BOOST_TEST(bins(result, "unknown") == "");
}

BOOST_AUTO_TEST_CASE(a_latency_bin_follows_the_one_before_unless_its_index_is_given) {
  Result result = with_bins(2);
  result.series.rows[0].ok = {{{12, 5}, {13, 3}, {15, 1}, {31, 2}}, {{0, 1}, {1, 9}}};
  BOOST_TEST(bins(result, "ok") == "12:5,3,,1,31:2;1,9");
}

BOOST_AUTO_TEST_CASE(a_latency_beyond_the_last_bin_is_in_the_last) {
  Result result = with_bins(1);
  result.series.latency_count = 20;
  result.series.rows[0].ok = {{{99, 4}}};
  BOOST_TEST(bins(result, "ok") == "19:4");
}

BOOST_AUTO_TEST_CASE(a_gauge_of_zero_is_not_a_gauge_that_could_not_be_read) {
  Result result = with_bins(3);
  result.series.rows[0].gauge = {0.0, std::nullopt, 2.5};
  BOOST_TEST(bins(result, "read") == "0;;2.5");
}

BOOST_AUTO_TEST_CASE(names_that_bins_repeat_are_written_once) {
  Result result = with_bins(2);
  result.series.rows[0].fail = {{{"timeout", 3}}, {{"refused", 2}, {"timeout", 1}}};
  result.series.rows[0].served_by = {{{"eu-west", 7}}, {{"us-east", 7}}};
  const json::object data = data_of(result);
  BOOST_TEST(compact_json(data.at("reasons")) == R"(["refused","timeout"])");
  BOOST_TEST(compact_json(data.at("regions")) == R"(["eu-west","us-east"])");
  BOOST_TEST(bins(result, "fail") == ",3;2,1");
  BOOST_TEST(bins(result, "by") == "7;,7");
}

BOOST_AUTO_TEST_CASE(hostile_texts_can_neither_end_the_element_nor_the_line) {
  for (const char* text : {"</script><script>alert(1)</script>",
                           "<!--",
                           "a\u2028b\u2029c",
                           "\xff\xfe\x1b[2J",
                           "\"],\"rows\":[]"}) {
    const std::string data = page_data(sample::hostile(text));
    BOOST_TEST(!has(data, "<"), text);
    BOOST_TEST(!has(data, "\u2028"), text);
    BOOST_TEST(!has(data, "\u2029"), text);
    BOOST_TEST(!has(data, "\x1b"), text);
    BOOST_TEST(data_of(sample::hostile(text))["rows"].as_array().size() ==
                   sample::failed().series.rows.size(),
               text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number_is_null) {
  Result result = with_bins(1);
  result.phases = {{"baseline", "Baseline", 0, std::nullopt}};
  BOOST_TEST(compact_json(data_of(result)["phases"]) == R"([["baseline","Baseline",0,null]])");
  BOOST_TEST(data_of(result)["undo"].is_null());
}

BOOST_AUTO_TEST_CASE(a_vantage_probe_and_second_takes_at_most_sixty_bytes) {
  const Result result = sample::many_vantages();
  const Result::Segment& segment = result.series.segments.front();
  const double bins = (segment.to_s - segment.from_s) / segment.bin_s;
  const auto rows = static_cast<double>(result.series.rows.size());
  BOOST_TEST(static_cast<double>(page_data(result).size()) / rows / bins < 60);
}

BOOST_AUTO_TEST_SUITE_END()
