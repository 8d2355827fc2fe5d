#include "reports/history/history_page.h"

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

std::string no_link(const HistoryRun&) {
  return "";
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(history_page)

BOOST_AUTO_TEST_CASE(the_page_is_as_it_was_looked_at) {
  const std::string page = render_history_page(sample::sixteen_runs(), [](const HistoryRun& run) {
    return "runs/" + run.id + "/report.html";
  });
  const std::filesystem::path golden =
      std::filesystem::path(MUSTER_SOURCE_DIR) / "test/golden/html/history.html";
  if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) write_file_atomically(golden, page, 0644);
  BOOST_TEST((page == read_file(golden)), "run with MUSTER_UPDATE_GOLDEN=1 and look at the page");
}

BOOST_AUTO_TEST_CASE(it_says_first_how_many_did_not_pass_and_since_when_a_budget_is_missed) {
  const std::string page = render_history_page(sample::sixteen_runs(), no_link);
  BOOST_TEST(says(
      page,
      "<h1>2 of the last 17 runs did not pass; failover missed its budget in the newest.</h1>"));
}

BOOST_AUTO_TEST_CASE(between_two_runs_stands_what_changed_there) {
  const std::string page = render_history_page(sample::sixteen_runs(), no_link);
  BOOST_TEST(says(page, "Another level from run 42 on"));
  BOOST_TEST(says(page, "Changed: dns.ttl 2s → 5s"));
  BOOST_TEST(says(page, "is the new normal, says alice (uid 1000): the new balancer"));
}

BOOST_AUTO_TEST_CASE(a_level_is_not_told_from_runs_that_measured_something_else) {
  std::vector<HistoryRun> runs = sample::sixteen_runs();
  for (std::size_t i = 5; i < runs.size(); ++i) runs[i].series_key = "sha256:ffff";
  const std::string page = render_history_page(runs, no_link);
  BOOST_TEST(!says(page, "Another level"));
  BOOST_TEST(says(page, "From run 42 on the playbook measures something else."));
}

BOOST_AUTO_TEST_CASE(what_was_never_reached_is_a_level_of_its_own) {
  std::vector<HistoryRun> runs = sample::sixteen_runs();
  for (std::size_t i = 0; i < 5; ++i) {
    for (auto& metric : runs[i].metrics)
      if (metric.id == "time_to_failover") metric.value.reset();
  }
  BOOST_TEST(says(render_history_page(runs, no_link), "→ not reached"));
}

BOOST_AUTO_TEST_CASE(two_drills_have_a_part_each) {
  std::vector<HistoryRun> runs = sample::sixteen_runs();
  for (std::size_t i = 0; i < runs.size(); i += 2) runs[i].drill = "lose-eu-west";
  const std::string page = render_history_page(runs, no_link);
  BOOST_TEST(says(page, "<h2>lose-eu-west, lab</h2>"));
  BOOST_TEST(says(page, "<h2>drain-us-east, lab</h2>"));
}

BOOST_AUTO_TEST_CASE(no_runs_are_a_page_as_well) {
  BOOST_TEST(says(render_history_page({}, no_link), "No runs yet."));
}

BOOST_AUTO_TEST_CASE(nothing_that_somebody_else_wrote_becomes_markup) {
  const std::string evil = "\"><script>alert(1)</script>";
  std::vector<HistoryRun> runs = sample::sixteen_runs();
  for (HistoryRun& run : runs) {
    run.drill = run.environment = run.headline = run.id = run.version = evil;
    run.accepted = {evil, run.ended, evil, evil};
    for (auto& item : run.settings)
      item.key = item.value = evil + std::to_string(run.started.time_since_epoch().count() % 7);
    for (auto& metric : run.metrics) metric.probe = evil;
  }
  const std::string page = render_history_page(runs, [&](const HistoryRun&) { return evil; });
  BOOST_TEST(!says(page, "<script"));
}

BOOST_AUTO_TEST_SUITE_END()
