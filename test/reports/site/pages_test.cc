// What each page of the site says.
#include <boost/test/unit_test.hpp>

#include "reports/site/site.h"
#include "reports/site/trend.h"
#include "test/reports/sample_site.h"

using namespace muster;

namespace {

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

std::size_t count(const std::string& page, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1))
    ++found;
  return found;
}

std::string title_of(const std::string& page) {
  const std::size_t from = page.find("<h1>") + 4;
  return page.substr(from, page.find("</h1>") - from);
}

std::string title_with(const std::vector<std::string>& verdicts) {
  IndexView view = sample::five_drills();
  view.drills.resize(verdicts.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    DrillRow& row = view.drills[i];
    row.overdue.reset();
    row.last.reset();
    if (!verdicts[i].empty()) row.last.emplace().status = verdicts[i];
  }
  return title_of(render_index(view));
}

DrillTrend trend_with(std::vector<TrendPoint> newest_first) {
  DrillTrend trend;
  trend.metric = "failover";
  trend.newest_first = std::move(newest_first);
  return trend;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(site_pages)

BOOST_AUTO_TEST_CASE(the_index_answers_first_how_many_drills_did_not_pass) {
  BOOST_TEST(title_of(render_index(sample::five_drills())) ==
             "2 of 4 drills did not pass their last run; 1 is overdue, 1 has never run.");
  BOOST_TEST(title_with({"pass", "pass"}) == "All 2 drills passed their last run.");
  BOOST_TEST(title_with({"pass"}) == "The drill passed its last run.");
  BOOST_TEST(title_with({"broken"}) == "1 of 1 drill did not pass its last run.");
  BOOST_TEST(title_with({"pass", "", ""}) == "The drill passed its last run; 2 have never run.");
  BOOST_TEST(title_with({"", ""}) == "No drill has run yet.");
}

BOOST_AUTO_TEST_CASE(a_row_has_verdict_headline_age_trend_and_next_turn) {
  const std::string page = render_index(sample::five_drills());
  for (const char* part : {"✕</span> Failed</b>",
                           "title=\"2026-11-24 10:21 UTC\">47 hours ago</time>",
                           "Failover took 38.2\u00a0s against a budget of 30.0\u00a0s",
                           "▼</span> worse</span>: failover 5.40 s → 8.53 s",
                           "Tue 2026-12-01, between 10:00 and 15:00 CET",
                           "Overdue:</b> last passed",
                           "it should pass every 14 days",
                           "switched off"})
    BOOST_TEST(has(page, part), part);
}

BOOST_AUTO_TEST_CASE(start_buttons_are_for_those_who_may_start_and_only_while_one_could) {
  IndexView view = sample::five_drills();
  BOOST_TEST(count(render_index(view), "/start\"") == 5U);
  BOOST_TEST(has(render_index(view), "action=\"/drills/drain-us-east-weekly/start\""));
  view.drills.back().can_start = false;
  BOOST_TEST(count(render_index(view), "/start\"") == 4U);
  view.site.state.lever = "engaged";
  BOOST_TEST(count(render_index(view), "/start\"") == 0U);
  BOOST_TEST(count(render_index(view), "cannot start now") == 4U);
  view.site = sample::reader();
  BOOST_TEST(count(render_index(view), "/start\"") == 0U);
  BOOST_TEST(!has(render_index(view), "cannot start now"));
}

BOOST_AUTO_TEST_CASE(the_halt_button_is_out_of_order_for_those_whom_it_would_refuse) {
  IndexView view = sample::five_drills();
  BOOST_TEST(!has(render_index(view), "<button disabled"));
  view.site = sample::reader();
  BOOST_TEST(has(render_index(view),
                 "<button disabled=\"disabled\" title=\"A token with the scope drill:stop"));
}

BOOST_AUTO_TEST_CASE(a_new_user_sees_what_to_do) {
  const std::string page = render_index({sample::on_call(), {}});
  for (const char* part :
       {"No drill yet.", "muster check ", "muster run ", "when: Tue-Thu 10:00-15:00"})
    BOOST_TEST(has(page, part), part);
}

BOOST_AUTO_TEST_CASE(the_strip_tells_runs_apart_without_colour) {
  const std::string strip =
      trend_strip(trend_with({{"fail", 9}, {"pass", 3}, {"inconclusive", {}}, {"pass", 3}}));
  BOOST_TEST(has(strip, "aria-label=\"last 4 runs: 2 passed, 1 failed, 1 neither\""));
  BOOST_TEST(count(strip, "<rect") == 3U);
  BOOST_TEST(count(strip, "<circle") == 1U);  // the ring
  BOOST_TEST(count(strip, "l4 4M") == 1U);    // the cross
  BOOST_TEST(trend_strip({}) == "");
}

BOOST_AUTO_TEST_CASE(the_strip_has_the_newest_twenty_and_ends_with_the_newest) {
  std::vector<TrendPoint> points(30, TrendPoint{"pass", 1});
  BOOST_TEST(count(trend_strip(trend_with(points)), "<rect") == 20U);
  points.resize(2);
  points.front().status = "fail";
  const std::string strip = trend_strip(trend_with(points));
  BOOST_TEST(strip.rfind("class=\"f-fail\"") > strip.rfind("class=\"f-muted\""));
}

BOOST_AUTO_TEST_CASE(a_far_budget_does_not_press_the_runs_to_the_floor) {
  DrillTrend trend = trend_with({{"pass", 1}});
  trend.budget = 2;
  BOOST_TEST(has(trend_strip(trend), "stroke-dasharray"));
  trend.budget = 60;
  BOOST_TEST(!has(trend_strip(trend), "stroke-dasharray"));
  BOOST_TEST(has(trend_strip(trend), "height=\"21\""));  // the column still has all of it
}

BOOST_AUTO_TEST_CASE(the_schedule_gives_every_reason_against_a_turn) {
  const std::string page = render_schedule(sample::december());
  BOOST_TEST(title_of(page) ==
             "Next: drain-us-east-weekly, Tue 2026-12-01, between 10:00 and 15:00 CET.");
  BOOST_TEST(count(page, "will run</b>") == 2U);
  BOOST_TEST(count(page, "will not run</b>") == 2U);
  BOOST_TEST(
      has(page, "<li>blackout 2026-12-20 to 2027-01-03: end of the year</li><li>freeze.ics"));
}

BOOST_AUTO_TEST_CASE(an_earlier_turn_says_what_became_of_it_and_why) {
  const std::string page = render_schedule(sample::december());
  for (const char* part : {"planned</b>",
                           "running</b>",
                           "Passed</b>",
                           "Failed</b>",
                           "skipped</b><p class=\"mut\">held by &#39;incident&#39;",
                           "cut</b><p class=\"mut\">server ops-2 was silent",
                           "<a href=\"/runs/01KAYQ3X5T8V2W4N6P9R1S0D48/live\">watch</a>",
                           "<a href=\"/runs/01KAYQ3X5T8V2W4N6P9R1S0D51\">report</a>"})
    BOOST_TEST(has(page, part), part);
}

BOOST_AUTO_TEST_CASE(a_schedule_without_turns_says_so) {
  ScheduleView view;
  BOOST_TEST(title_of(render_schedule(view)) == "No drill has a turn ahead.");
  view.ahead = {{"a", {}, "Tue", {"blackout"}}};
  BOOST_TEST(title_of(render_schedule(view)) == "Every turn ahead is excluded.");
}

BOOST_AUTO_TEST_CASE(pages_of_runs_keep_what_was_chosen) {
  RunsView view = sample::some_runs();
  view.drill = "drain-us-east";
  view.verdict = "fail";
  view.page = 2;
  const std::string page = render_runs(view);
  for (const char* part :
       {"<h1>Runs of drain-us-east with the verdict “failed”, page 2</h1>",
        "<option value=\"fail\" selected=\"\">Failed</option>",
        "href=\"/runs?drill=drain-us-east&amp;verdict=fail\">← newer",
        "href=\"/runs?drill=drain-us-east&amp;verdict=fail&amp;page=3\">older →"})
    BOOST_TEST(has(page, part), part);
  view.more = false;
  BOOST_TEST(!has(render_runs(view), "older →"));
}

BOOST_AUTO_TEST_CASE(a_running_drill_shows_where_it_is) {
  const std::string page = render_live_run(sample::failing_over());
  for (const char* part :
       {"<span id=\"phase\">failing over</span>, <span id=\"elapsed\">93 s</span>",
        "class=\"now\" aria-current=\"step\">await failover of readers</li>",
        "<li data-ref=\"action:drain/1\"><b>force us-east down</b> on ns1</li>",
        "<span class=\"big\">21 s</span> <span class=\"sub\">budget 30 s, counting",
        "budget 15 s, kept",
        "no budget, ahead",
        "78.4 % failed",
        "no answer",
        "first sign in the control plane, seen by dns, 11.4 s, budget 15 s, kept",
        "data-events=\"/runs/01KAYQ3X5T8V2W4N6P9R1S0D48/events?after=8\"",
        "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>",
        "action=\"/runs/01KAYQ3X5T8V2W4N6P9R1S0D48/abort\""})
    BOOST_TEST(has(page, part), part);
}

BOOST_AUTO_TEST_CASE(a_budget_that_is_over_says_so_before_the_milestone_is_reached) {
  LiveRunView view = sample::failing_over();
  view.milestones[4].taken = std::chrono::seconds(41);
  BOOST_TEST(has(render_live_run(view), "budget 30 s, over</span>"));
  view.milestones[4].reached = true;
  BOOST_TEST(has(render_live_run(view), "budget 30 s, missed</span>"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_being_stopped_has_no_abort_button) {
  LiveRunView view = sample::failing_over();
  view.stopping = "the lever";
  const std::string page = render_live_run(view);
  BOOST_TEST(!has(page, "/abort\""));
  BOOST_TEST(has(page, "id=\"stopping\"><p>"));
  view = sample::failing_over();
  view.site.viewer.may_stop = false;
  BOOST_TEST(!has(render_live_run(view), "/abort\""));
}

BOOST_AUTO_TEST_CASE(what_a_milestone_says_is_not_said_again_by_the_event_of_it) {
  LiveRunView view = sample::failing_over();
  const auto at = std::chrono::seconds(90);
  view.newest_first = {{at, "failover", "muster", "failover of readers: reached and settled"},
                       {at, "milestone", "readers", "failover", std::chrono::seconds(18), {}},
                       {at, "failover", "muster", "failover of writers: reached and settled"}};
  const std::string page = render_live_run(view);
  BOOST_TEST(!has(page, "failover of readers:"));
  BOOST_TEST(has(page, "failover of writers:"));
  BOOST_TEST(has(page, "readers good again everywhere, 18 s"));
}

BOOST_AUTO_TEST_CASE(a_run_does_not_lead_to_itself) {
  LiveRunView view = sample::failing_over();
  view.site.state.running = {{view.run, 48, "drain-us-east", "", view.started}};
  BOOST_TEST(!has(render_live_run(view), "Running now"));
}

BOOST_AUTO_TEST_CASE(the_gate_gives_each_answer_with_each_reason) {
  const std::string page = render_gate(sample::mixed_gate());
  BOOST_TEST(title_of(page) == "The gate denies 2 of 3 questions.");
  BOOST_TEST(count(page, "pass</b>") == 1U);
  BOOST_TEST(count(page, "deny</b>") == 2U);
  BOOST_TEST(count(page, "<li>") == 4U);
  BOOST_TEST(!has(page, "<main>\n<form"));
}

BOOST_AUTO_TEST_CASE(a_gate_without_a_policy_never_looks_open) {
  GateView view;
  view.site = sample::on_call();
  BOOST_TEST(title_of(render_gate(view)) == "No gate: there is no policy.");
  view.policy = "gate.yaml";
  BOOST_TEST(title_of(render_gate(view)) ==
             "The policy knows no service: every question is denied.");
  view.rows = {{"shop", "lab", true, {}, {}}};
  BOOST_TEST(title_of(render_gate(view)) == "The gate denies none of 1 question.");
  view.trouble = "gate.yaml:1: a mistake";
  BOOST_TEST(title_of(render_gate(view)) == "Everything is denied: the policy cannot be read.");
}

BOOST_AUTO_TEST_SUITE_END()
