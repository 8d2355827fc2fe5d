#include "reports/page/hero.h"

#include <regex>

#include <boost/test/unit_test.hpp>

#include "reports/page/hero_model.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

/// One vantage, one probe, bins of one second from -2 to 4: all failed in the bin that begins at 1.
Result small() {
  Result result;
  result.series.segments = {{-2, 4, 1}};
  Result::SeriesRow row;
  row.vantage = "here";
  row.probe = "page";
  for (int i = 0; i < 6; ++i) {
    const bool down = i == 3;
    row.due.push_back(10);
    row.ok.push_back(down ? std::vector<std::pair<int, int>>{}
                          : std::vector<std::pair<int, int>>{{12, 10}});
    row.fail.push_back(down ? std::map<std::string, int>{{"refused", 8}}
                            : std::map<std::string, int>{});
    row.unknown.push_back(down ? 2 : 0);
    row.served_by.emplace_back();
  }
  result.series.rows = {row};
  return result;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hero)

BOOST_AUTO_TEST_CASE(columns_hold_what_was_due_in_them) {
  const Result result = small();
  const TimeWindow window = whole_run(result);
  BOOST_TEST(window.columns() == 6U);
  const auto rows = request_rows(result, window);
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0].columns[2].failing() == 0);
  BOOST_TEST(rows[0].columns[3].failing() == 1);
  BOOST_TEST(rows[0].columns[3].failed == 8);
  BOOST_TEST(rows[0].columns[3].unknown == 2);
  BOOST_TEST(rows[0].columns[5].answers[12] == 10);
  BOOST_TEST(rows[0].due == 60);
}

BOOST_AUTO_TEST_CASE(a_coarse_bin_is_spread_over_the_columns_it_covers) {
  Result result = small();
  result.series.segments = {{-2, 2, 1}, {2, 22, 10}};
  const auto rows = request_rows(result, {-2, 22, 1});
  BOOST_REQUIRE(rows[0].columns.size() == 24U);
  for (std::size_t i = 4; i < 24; ++i)
    BOOST_TEST(rows[0].columns[i].due == 1, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(rows[0].due == 60);
}

BOOST_AUTO_TEST_CASE(a_long_run_is_cut_into_at_most_480_columns_and_loses_nothing) {
  Result result;
  result.series.segments = {{0, 3600, 1}};
  Result::SeriesRow row;
  row.due.assign(3600, 5);
  row.ok.assign(3600, {{3, 5}});
  result.series.rows = {row};
  const TimeWindow window = whole_run(result);
  BOOST_TEST(window.columns() <= 480U);
  const auto rows = request_rows(result, window);
  double due = 0;
  for (const auto& column : rows[0].columns) due += column.due;
  BOOST_TEST(due == 18'000, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_row_with_a_gauge_is_a_line_and_not_a_row_of_requests) {
  const Result result = sample::passed();
  const TimeWindow window = whole_run(result);
  BOOST_TEST(request_rows(result, window).size() == 3U);
  BOOST_TEST(gauge_rows(result, window).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dimension_runs_from_the_injection_and_recovery_from_the_undo) {
  const auto lines = dimensions(sample::failed());
  BOOST_REQUIRE(lines.size() == 4U);
  BOOST_TEST(lines[2].label == "failed over");
  BOOST_TEST(lines[2].from_s == 0);
  BOOST_TEST(lines[2].value == "38.2 s");
  BOOST_TEST(*lines[2].budget_s == 30);
  BOOST_TEST(lines[2].over);
  BOOST_TEST(lines[3].label == "recovered");
  BOOST_TEST(lines[3].from_s == 58);
  BOOST_TEST(lines[3].value == "8.50 s");
  BOOST_TEST(!lines[3].over);
}

BOOST_AUTO_TEST_CASE(what_was_never_reached_is_an_open_line) {
  const auto lines = dimensions(sample::never_detected());
  BOOST_TEST(lines[1].label == "not detected");
  BOOST_TEST((!lines[1].to_s));
  BOOST_TEST(lines[2].label == "not failed over");
  BOOST_TEST(lines[2].value == "within 60 s");
  BOOST_TEST(lines[2].over);
}

BOOST_AUTO_TEST_CASE(every_answer_lies_inside_the_latency_range) {
  const Result result = sample::failed();
  const auto rows = request_rows(result, whole_run(result));
  const auto [first, end] = latency_range(result.series, rows);
  for (const auto& row : rows) {
    for (const auto& column : row.columns) {
      for (std::size_t bin = 0; bin < column.answers.size(); ++bin) {
        if (column.answers[bin] > 0) BOOST_TEST((bin >= first && bin < end));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_heat_is_drawn_once_and_used_by_the_narrow_twin) {
  const std::string picture = hero_section(sample::passed());
  BOOST_TEST(count(picture, "id=\"hero-heat-0\"") == 1U);
  BOOST_TEST(count(picture, "href=\"#hero-heat-0\"") == 1U);
  BOOST_TEST(count(picture, "<svg ") == 2U);
  BOOST_TEST(count(picture, "display=\"none\"") == 1U);
}

BOOST_AUTO_TEST_CASE(a_single_failed_request_among_many_is_still_seen) {
  Result result = small();
  result.series.rows[0].due.assign(6, 100'000);
  result.series.rows[0].fail[3] = {{"refused", 1}};
  result.series.rows[0].unknown[3] = 0;
  BOOST_TEST(hero_section(result).find("M3 0v0.06h1v-0.06z") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(beyond_six_rows_the_worst_are_shown_and_the_rest_is_folded) {
  const std::string picture = hero_section(sample::many_vantages());
  BOOST_TEST(picture.find("The other 3 rows") != std::string::npos);
  const std::string first = picture.substr(0, picture.find("<details"));
  BOOST_TEST(count(first, ">client-us-2<") == 4U);  // readers and comments, wide and narrow
  BOOST_TEST(count(first, ">client-eu-2<") == 0U);
}

BOOST_AUTO_TEST_CASE(a_long_run_starts_with_a_look_at_the_failover) {
  Result result = sample::many_vantages();
  result.milestones.pop_back();  // a recovery after minutes would widen the first look
  const TimeWindow window = first_look(result);
  BOOST_TEST(window.to_s < 120);
  BOOST_TEST(hero_section(result).find("The whole run") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_result_without_samples_has_no_picture) {
  BOOST_TEST(hero_section(Result{}) == "");
}

BOOST_AUTO_TEST_CASE(what_came_after_a_stop_is_hatched) {
  BOOST_TEST(hero_section(sample::aborted()).find(">stopped<") != std::string::npos);
  BOOST_TEST(hero_section(sample::passed()).find(">stopped<") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_name_of_the_answers_stands_clear_of_the_last_latency) {
  Result result = sample::many_vantages();
  for (auto& row : result.series.rows)  // the lowest latency there is: its label is at the foot
    for (auto& bin : row.ok) bin.insert(bin.begin(), {0, 1});
  const std::string page = hero_section(result);
  static const std::regex kLabel(R"re(y="([0-9.]+)"[^>]*>([^<]*)</text>)re");
  double latency = 0;
  std::size_t seen = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), kLabel), end; at != end; ++at) {
    const std::string text = (*at)[2];
    const double y = std::stod((*at)[1]);
    if (text == "1 ms") latency = y;
    if (text != "answered by" && text != "by") continue;
    BOOST_TEST(y - latency >= 11);
    BOOST_TEST(y - latency < 20);
    ++seen;
  }
  BOOST_TEST(seen > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
