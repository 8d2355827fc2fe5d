#include "reports/history/comparison.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A run, and the next one after the TTL was raised.
struct Pair {
  Result before = sample::passed();
  Result after = sample::failed();
  Pair() {
    after.run.number = 47;
    after.environment[0].value = "30s";
  }
};

const ComparedMetric& metric_of(const Comparison& comparison, std::string_view id) {
  return *std::ranges::find_if(comparison.metrics,
                               [&](const auto& metric) { return metric.any().id == id; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(comparison)

BOOST_AUTO_TEST_CASE(it_names_what_got_worse_and_what_changed_around_it) {
  const Pair pair;
  const std::string text = render_comparison(compare(pair.before, pair.after));
  BOOST_TEST(says(text, "+29.8 s worse"), text);
  BOOST_TEST(says(text, "dns.ttl: 5s -> 30s"), text);
  BOOST_TEST(!says(text, "do not measure the same thing"));
}

BOOST_AUTO_TEST_CASE(runs_of_other_playbooks_are_said_to_be_so_first) {
  Pair pair;
  pair.after.playbook.series_key = "sha256:ffff";
  const Comparison found = compare(pair.before, pair.after);
  BOOST_TEST(render_comparison(found).starts_with("these runs do not measure the same thing"));
  BOOST_TEST(says(render_comparison_page(found), "Not comparable:"));
}

BOOST_AUTO_TEST_CASE(runs_of_another_drill_or_environment_are_not_held_against_each_other) {
  Pair pair;
  BOOST_TEST(compare(pair.before, pair.after).unlike.empty());
  pair.after.run.environment = "production";
  const std::string elsewhere = render_comparison(compare(pair.before, pair.after));
  BOOST_TEST(says(elsewhere, "do not measure the same thing: the environment was"), elsewhere);
  BOOST_TEST(says(elsewhere, "then production"), elsewhere);
  pair.after.run.environment = pair.before.run.environment;
  pair.after.run.drill = "kill-primary";
  const std::string other = render_comparison_page(compare(pair.before, pair.after));
  BOOST_TEST(says(other, "<b>Not comparable:</b>"));
  BOOST_TEST(says(other, "then kill-primary"));
}

BOOST_AUTO_TEST_CASE(each_probe_is_compared_with_itself) {
  const auto failover = [](const std::string& probe, double seconds) {
    Result::Metric metric;
    metric.id = "time_to_failover";
    metric.scope_probe = probe;
    metric.unit = "s";
    metric.value = metric.lo = metric.hi = seconds;
    return metric;
  };
  Pair pair;
  pair.before.metrics = {failover("readers", 10), failover("writers", 4)};
  pair.after.metrics = {failover("readers", 5), failover("writers", 8)};
  const Comparison found = compare(pair.before, pair.after);
  BOOST_REQUIRE(found.metrics.size() == 2U);
  BOOST_TEST(found.metrics[0].change.value() == -5);
  BOOST_TEST(found.metrics[1].change.value() == 4);
  BOOST_TEST(found.metrics[1].worse);
  BOOST_TEST(says(render_comparison(found), ", writers"));
  BOOST_TEST(says(render_comparison_page(found), "<span class=\"mut\">writers</span>"));
}

BOOST_AUTO_TEST_CASE(runs_that_do_not_say_what_they_ran_on_are_not_said_to_be_alike) {
  Pair pair;
  pair.before.environment.clear();
  const Comparison found = compare(pair.before, pair.after);
  BOOST_TEST(says(render_comparison(found), "ran on is not known"));
  BOOST_TEST(!says(render_comparison(found), "nothing in the environment differs"));
  BOOST_TEST(says(render_comparison_page(found), "ran on is not known"));
  BOOST_TEST(!says(render_comparison_page(found), "Nothing."));
}

BOOST_AUTO_TEST_CASE(the_picture_calls_the_newer_run_by_its_number) {
  const Pair pair;
  const std::string page = render_comparison_page(compare(pair.before, pair.after));
  BOOST_TEST(says(page, ">run 47</text>"));
  BOOST_TEST(!says(page, "this run"));
}

BOOST_AUTO_TEST_CASE(a_run_against_itself_differs_in_nothing) {
  const Result run = sample::passed();
  const Comparison found = compare(run, run);
  BOOST_TEST(says(render_comparison(found), "nothing in the environment differs"));
  BOOST_TEST(std::ranges::none_of(
      found.metrics, [](const auto& metric) { return metric.worse || metric.beyond_accuracy; }));
}

BOOST_AUTO_TEST_CASE(what_two_measurements_cannot_tell_apart_is_neither_worse_nor_better) {
  Pair pair;
  for (Result* run : {&pair.before, &pair.after}) {
    for (auto& metric : run->metrics) {
      if (metric.id != "time_to_failover") continue;
      metric.value = run == &pair.before ? 8.0 : 8.1;
      metric.lo = *metric.value - 0.2;
      metric.hi = *metric.value + 0.2;
      metric.censored = false;
    }
  }
  const Comparison found = compare(pair.before, pair.after);
  BOOST_TEST(!metric_of(found, "time_to_failover").beyond_accuracy);
  BOOST_TEST(says(render_comparison(found), "within accuracy"));
}

BOOST_AUTO_TEST_CASE(a_time_that_was_not_reached_has_no_difference) {
  const Result before = sample::passed();
  const Result after = sample::never_detected();
  const Comparison found = compare(before, after);
  BOOST_TEST(!metric_of(found, "time_to_failover").change.has_value());
}

BOOST_AUTO_TEST_CASE(the_page_is_as_it_was_looked_at) {
  const Pair pair;
  const std::string page = render_comparison_page(compare(pair.before, pair.after));
  const std::filesystem::path golden =
      std::filesystem::path(MUSTER_SOURCE_DIR) / "test/golden/html/comparison.html";
  if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) write_file_atomically(golden, page, 0644);
  BOOST_TEST((page == read_file(golden)), "run with MUSTER_UPDATE_GOLDEN=1 and look at the page");
}

BOOST_AUTO_TEST_CASE(nothing_that_somebody_else_wrote_becomes_markup) {
  const Result evil = sample::hostile("\"><script>alert(1)</script>");
  const Result good = sample::passed();
  BOOST_TEST(!says(render_comparison_page(compare(good, evil)), "<script"));
  BOOST_TEST(!says(render_comparison_page(compare(evil, good)), "<script"));
}

BOOST_AUTO_TEST_SUITE_END()
