#include <regex>

#include <boost/test/unit_test.hpp>

#include "reports/page/page.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A run after some others, with one promise that all of them have measured.
struct Series {
  Result result;

  explicit Series(int before = 4) {
    result.run.id = "now";
    result.run.number = before + 1;
    for (int number = before; number > 0; --number)
      result.earlier.push_back({"run" + std::to_string(number), number, {}, "pass", {}});
    result.metrics = {promise("time_to_failover", {8, 8, 8, 8}, 8, 10)};
    metric().history->values.resize(result.earlier.size(), 8);
  }

  Result::Metric& metric() { return result.metrics.front(); }

  Result::Metric promise(const std::string& id,
                         std::vector<std::optional<double>> newest_first,
                         double now,
                         double budget) const {
    Result::Metric made;
    made.id = id;
    made.unit = "s";
    made.value = now;
    made.budget_op = "<=";
    made.budget = budget;
    Result::MetricHistory history;
    for (const auto& run : result.earlier) history.runs.push_back(run.id);
    history.values = std::move(newest_first);
    made.history = history;
    return made;
  }

  void step_at(std::string run, std::optional<double> before, std::optional<double> after) {
    Result::SeriesStep step;
    step.run = std::move(run);
    step.number = 4;
    step.moved = {{"time_to_failover", "", "s", before, after}};
    result.series_step = step;
  }

  /// The wide picture alone.
  std::string picture() const {
    const std::string section = last_runs_section(result);
    const std::size_t from = section.find("<svg class=\"wide\"");
    return section.substr(from, section.find("</svg>", from) - from);
  }
};

/// Where the dots of the runs before stand, from left to right.
std::vector<double> dots_across(const std::string& picture) {
  static const std::regex kDot(R"re(d="M([0-9.]+) [0-9.]+a2\.4 )re");
  std::vector<double> found;
  for (std::sregex_iterator at(picture.begin(), picture.end(), kDot), end; at != end; ++at)
    found.push_back(std::stod((*at)[1]));
  return found;
}

/// Where a text stands; fails where there is none.
struct Placed {
  double x = 0, y = 0;
  std::string rest;
};
Placed placed(const std::string& picture, const std::string& text) {
  static const std::regex kText(R"re(<text([^>]*) x="([0-9.]+)" y="([0-9.]+)"([^>]*)>([^<]*)<)re");
  for (std::sregex_iterator at(picture.begin(), picture.end(), kText), end; at != end; ++at)
    if ((*at)[5] == text)
      return {std::stod((*at)[2]), std::stod((*at)[3]), (*at)[1].str() + (*at)[4].str()};
  BOOST_FAIL("nothing in the picture says " + text);
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(earlier_page)

BOOST_AUTO_TEST_CASE(a_budget_far_above_all_runs_stands_beside_the_picture) {
  Series series;
  BOOST_TEST(says(series.picture(), ">10 s<"));
  series.metric().budget = 60;
  BOOST_TEST(says(series.picture(), ">↑ 60 s<"));
}

BOOST_AUTO_TEST_CASE(where_no_run_got_there_the_budget_gives_the_scale) {
  Series series;
  series.metric() = series.promise("time_to_failover", {{}, {}, {}, {}}, 0, 60);
  series.metric().censored = true;
  BOOST_TEST(!says(series.picture(), "↑"));
}

BOOST_AUTO_TEST_CASE(a_run_without_the_metric_leaves_its_place_empty) {
  Series series;
  const std::vector<double> all = dots_across(series.picture());
  BOOST_REQUIRE(all.size() == 4U);
  auto& history = *series.metric().history;
  history.runs.erase(history.runs.begin() + 2);  // run 2
  history.values.erase(history.values.begin() + 2);
  const std::vector<double> left = dots_across(series.picture());
  const std::vector<double> expected{all[0], all[2], all[3]};
  BOOST_TEST(left == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_words_of_a_step_stand_above_every_dot_and_inside_the_picture) {
  Series series;
  series.metric() = series.promise("time_to_failover", {20, 20, 5, 5}, 20, 10);
  series.step_at("run3", 5, 20);
  const Placed early = placed(series.picture(), "5 s → 20 s");
  static const std::regex kRun(R"re(M[0-9.]+ ([0-9.]+)a[0-9.]+ )re");
  const std::string picture = series.picture();
  for (std::sregex_iterator at(picture.begin(), picture.end(), kRun), end; at != end; ++at)
    BOOST_TEST(early.y < std::stod((*at)[1]) - 4.5);
  BOOST_TEST(!says(early.rest, "\"end\""));

  Series many(19);
  many.step_at("run2", 5, 20);
  BOOST_TEST(!says(placed(many.picture(), "5 s → 20 s").rest, "\"end\""));
  many.step_at("now", 5, 20);
  BOOST_TEST(says(placed(many.picture(), "5 s → 20 s").rest, "\"end\""));
}

BOOST_AUTO_TEST_CASE(a_step_from_or_to_what_was_not_reached_says_so) {
  Series series;
  series.step_at("run3", 8, std::nullopt);
  BOOST_TEST(says(series.picture(), "8 s → not reached"));
}

BOOST_AUTO_TEST_CASE(a_step_says_what_changed_and_does_not_guess) {
  Series series;
  series.step_at("run3", 5, 8);
  BOOST_TEST(says(last_runs_section(series.result), "what they ran on is not known"));
  series.result.series_step->changed = std::vector<Result::SettingChange>();
  BOOST_TEST(says(last_runs_section(series.result), "no setting that muster knows of changed"));
  series.result.series_step->changed = {{"dns.ttl", "<2s>", "5s"}};
  BOOST_TEST(says(last_runs_section(series.result), "dns.ttl &lt;2s&gt; → 5s"));
}

BOOST_AUTO_TEST_CASE(the_accuracy_stands_with_the_measurement_and_not_with_the_usual) {
  Series series;
  series.metric().lo = 7.99;
  series.metric().hi = 8.01;
  series.metric().history->median = 7.8;
  const std::string figures = figures_section(series.result);
  BOOST_TEST(says(figures, "budget 10 s, ± 10 ms, usually 7.80 s"), figures);
}

BOOST_AUTO_TEST_SUITE_END()
