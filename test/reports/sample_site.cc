#include "test/reports/sample_site.h"

#include <algorithm>

#include "reports/site/site.h"

namespace muster::sample {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kDay(24);

UtcTime utc(std::string_view text) {
  return *parse_utc(text);
}

Duration s(double value) {
  return from_seconds(value);
}

SiteRun run_of(std::string drill, std::int64_t number, UtcTime ended, std::string status) {
  SiteRun run;
  run.id = "01KAYQ3X5T8V2W4N6P9R1S0D" + std::to_string(10 + number % 90);
  run.number = number;
  run.drill = std::move(drill);
  run.environment = "production";
  run.trigger = "schedule";
  run.started = ended - minutes(7);
  run.ended = ended;
  run.status = std::move(status);
  return run;
}

DrillTrend trend_of(std::vector<double> oldest_first, double budget) {
  DrillTrend trend;
  trend.metric = "failover";
  trend.unit = "s";
  trend.budget = budget;
  for (const double value : oldest_first)
    trend.newest_first.push_back({value > budget ? "fail" : "pass", value});
  std::ranges::reverse(trend.newest_first);
  return trend;
}

DrillRow drained() {
  DrillRow row;
  row.name = "drain-us-east-weekly";
  row.drill = "drain-us-east";
  row.stack = "novvista";
  row.environment = "production";
  row.owner = "team edge";
  row.last = run_of("drain-us-east", 46, utc("2026-11-24T10:21:00Z"), "fail");
  row.last->headline =
      "Failover took 38.2 s against a budget of 30.0 s; 3 acknowledged writes were lost.";
  row.trend =
      trend_of({5.2, 5.5, 5.1, 5.4, 5.3, 5.4, 5.6, 5.1, 5.3, 5.5, 8.7, 7.9, 8.2, 8.5, 38.2}, 30);
  row.trend.newest_first[9] = {"inconclusive", std::nullopt};
  row.trend.change = DrillTrend::Change::Worse;
  row.trend.text = "failover 5.40 s → 8.53 s since run 42";
  row.next = {utc("2026-12-01T09:00:00Z"), "Tue 2026-12-01, between 10:00 and 15:00 CET"};
  row.can_start = true;
  return row;
}

DrillRow primary_lost() {
  DrillRow row;
  row.name = "lose-primary-monthly";
  row.drill = "lose-primary-promote-replica";
  row.stack = "novvista";
  row.environment = "production";
  row.owner = "team data";
  row.last =
      run_of("lose-primary-promote-replica", 12, utc("2026-11-03T15:36:00Z"), "inconclusive");
  row.last->headline = "No verdict: the probes were late for 12 % of the requests.";
  row.trend = trend_of({14, 13.2, 13.9, 12.8, 13.1}, 60);
  row.trend.newest_first.front() = {"inconclusive", std::nullopt};
  row.next = {utc("2026-12-01T15:30:00Z"), "Tue 2026-12-01 10:30 EST"};
  row.overdue = {14 * kDay, utc("2026-10-06T14:31:00Z")};
  row.can_start = true;
  return row;
}

DrillRow server_killed() {
  DrillRow row;
  row.name = "kill-one-app-server";
  row.drill = "kill-one-app-server";
  row.stack = "shop";
  row.environment = "staging";
  row.last = run_of("kill-one-app-server", 311, utc("2026-11-26T04:12:00Z"), "pass");
  row.last->headline = "No request failed while one of four application servers was gone.";
  row.trend = trend_of({0.9, 1.1, 1.0, 0.8, 1.0, 0.9, 1.2, 0.9, 0.7, 0.9, 1.0,
                        0.9, 1.1, 0.8, 0.9, 0.9, 1.0, 0.8, 0.9, 1.0, 0.6},
                       5);
  row.trend.change = DrillTrend::Change::Steady;
  row.trend.text = "failover 0.90 s";
  row.next = {utc("2026-11-27T04:00:00Z"), "Fri 2026-11-27 05:00 CET"};
  row.can_start = true;
  return row;
}

DrillRow cache_lost() {
  DrillRow row = server_killed();
  row.name = row.drill = "lose-the-cache";
  row.last = run_of("lose-the-cache", 8, utc("2026-11-19T09:20:00Z"), "pass");
  row.last->headline = "Latency p99 rose to 163 ms for 41 s; nothing failed.";
  row.trend.newest_first = {
      {"pass", {}}, {"aborted", {}}, {"pass", {}}, {"fail", {}}, {"pass", {}}};
  row.trend.metric = row.trend.text = "";
  row.trend.change = DrillTrend::Change::Better;
  row.next.reset();
  row.no_turn = "switched off";
  return row;
}

DrillRow never_run() {
  DrillRow row;
  row.name = row.drill = "fill-the-disk";
  row.stack = "shop";
  row.environment = "staging";
  row.no_turn = "not scheduled";
  row.can_start = true;
  return row;
}

std::vector<LiveEventRow> events_so_far() {
  return {
      {s(92), "note", "muster", "asking: is the pager quiet?"},
      {s(83.4), "milestone", "dns", "detected", s(11.4), s(15)},
      {s(72.2), "milestone", "readers", "impact", s(0.2), {}},
      {s(72.1), "milestone", "", "injected", s(0.1), {}},
      {s(72.1), "fault", "db-eu", "block the replica's stream", {}, {}},
      {s(72.0), "fault", "ns1", "force us-east down", {}, {}},
      {s(72.0), "milestone", "", "baseline", s(60), s(60)},
      {s(12), "note", "muster", "measuring the baseline for 1m"},
  };
}

std::vector<LiveMilestoneRow> milestones_so_far() {
  return {{"baseline", "", s(60), s(60), true},
          {"injected", "", {}, s(0.1), true},
          {"impact", "readers", {}, s(0.2), true},
          {"detected", "", s(15), s(11.4), true},
          {"failover", "readers", s(30), s(21.3), false},
          {"undone", "", {}, {}, false},
          {"recovery", "readers", s(60), {}, false}};
}

LiveRunView stopping() {
  LiveRunView view = failing_over();
  view.stopping = "stop condition: error_ratio of readers over 10 s > 90 % for 20 s";
  view.doing = "undoing everything";
  view.in_force.clear();
  view.milestones[4].taken = s(41.2);
  view.site.state.lever =
      "the safety lever is engaged by alice (uid 1000) since 2026-11-26 09:29 UTC: incident 4711";
  view.site.state.lever_release = "muster lever release";
  return view;
}

GateView gate_in_trouble() {
  GateView view = mixed_gate();
  view.trouble = "gate.yaml:12: 'max_agee' is not known here; did you mean 'max_age'?";
  view.rows.clear();
  return view;
}

}  // namespace

UtcTime site_now() {
  return utc("2026-11-26T09:30:00Z");
}

SiteContext on_call() {
  return {{"on-call", true, true, true, "c5rF-Token"}, {}, site_now(), "ops-1"};
}

SiteContext reader() {
  return {{"dashboard", false, false, true, "c5rF-Token"}, {}, site_now(), "ops-1"};
}

SiteContext troubled() {
  SiteContext site = on_call();
  site.state.left_in_force = {
      "force us-east down on ns1, run 01KAYQ3X5T8V2W4N6P9R1S0D47",
      "block the replica's stream on db-eu, run 01KAYQ3X5T8V2W4N6P9R1S0D47"};
  site.state.lever =
      "the safety lever is engaged by alice (uid 1000) since 2026-11-26 09:12 UTC: incident 4711";
  site.state.lever_release = "release it with `muster lever release`";
  site.state.store_trouble = "PostgreSQL at pg-ops.example: connection refused";
  site.state.clock_doubt = "the wall clock went back by 3.20 s at 09:28 UTC";
  site.state.running = {
      {"01KAYQ3X5T8V2W4N6P9R1S0D48", 48, "drain-us-east", "failing over", site_now() - minutes(2)}};
  return site;
}

IndexView five_drills() {
  return {on_call(), {drained(), primary_lost(), server_killed(), cache_lost(), never_run()}};
}

ScheduleView december() {
  using State = OccurrenceRow::State;
  ScheduleView view;
  view.site = on_call();
  view.ahead = {
      {"kill-one-app-server",
       utc("2026-11-27T04:00:00Z"),
       "Fri 2026-11-27 05:00 CET",
       {"blackout 2026-11-27 08:00 to 2026-11-30 20:00: Black Friday"}},
      {"drain-us-east-weekly",
       utc("2026-12-01T09:00:00Z"),
       "Tue 2026-12-01, between 10:00 and 15:00 CET",
       {}},
      {"lose-primary-monthly", utc("2026-12-01T15:30:00Z"), "Tue 2026-12-01 10:30 EST", {}},
      {"drain-us-east-weekly",
       utc("2026-12-22T09:00:00Z"),
       "Tue 2026-12-22, between 10:00 and 15:00 CET",
       {"blackout 2026-12-20 to 2027-01-03: end of the year",
        "freeze.ics: code freeze, until 2027-01-04"}}};
  view.behind = {{"drain-us-east-weekly",
                  utc("2026-11-26T09:22:10Z"),
                  "Thu 2026-11-26 10:22 CET",
                  State::Running,
                  "",
                  "01KAYQ3X5T8V2W4N6P9R1S0D48",
                  ""},
                 {"kill-one-app-server",
                  utc("2026-11-26T04:00:00Z"),
                  "Thu 2026-11-26 05:00 CET",
                  State::Finished,
                  "pass",
                  "01KAYQ3X5T8V2W4N6P9R1S0D51",
                  ""},
                 {"kill-one-app-server",
                  utc("2026-11-25T04:00:00Z"),
                  "Wed 2026-11-25 05:00 CET",
                  State::Skipped,
                  "",
                  "",
                  "held by 'incident': the command ended with 1"},
                 {"drain-us-east-weekly",
                  utc("2026-11-24T10:14:00Z"),
                  "Tue 2026-11-24 11:14 CET",
                  State::Finished,
                  "fail",
                  "01KAYQ3X5T8V2W4N6P9R1S0D56",
                  ""},
                 {"kill-one-app-server",
                  utc("2026-11-24T04:00:00Z"),
                  "Tue 2026-11-24 05:00 CET",
                  State::Cut,
                  "",
                  "01KAYQ3X5T8V2W4N6P9R1S0D49",
                  "server ops-2 was silent for longer than its lease; everything was undone"},
                 {"kill-one-app-server",
                  utc("2026-11-23T04:00:00Z"),
                  "Mon 2026-11-23 05:00 CET",
                  State::Planned,
                  "",
                  "",
                  ""}};
  return view;
}

RunsView some_runs() {
  RunsView view;
  view.site = on_call();
  view.drills = {"drain-us-east", "kill-one-app-server", "lose-primary-promote-replica"};
  view.more = true;
  view.newest_first = {*server_killed().last, *drained().last, *primary_lost().last};
  view.newest_first.front().trigger = "person";
  view.newest_first.front().before = "01KAYQ3X5T8V2W4N6P9R1S0D50";
  std::int64_t number = 45;
  for (const char* status : {"aborted", "interrupted", "broken"}) {
    SiteRun run = run_of("drain-us-east", number, site_now() - number * kDay, status);
    run.headline = "Stopped: error_ratio of readers was above 90 % for 20 s.";
    run.before = "01KAYQ3X5T8V2W4N6P9R1S0D01";
    view.newest_first.push_back(run);
    --number;
  }
  return view;
}

LiveRunView failing_over() {
  using State = LiveStepRow::State;
  LiveRunView view;
  view.site = on_call();
  view.run = "01KAYQ3X5T8V2W4N6P9R1S0D48";
  view.number = 48;
  view.drill = "drain-us-east";
  view.stack = "novvista";
  view.environment = "lab";
  view.trial = 1;
  view.trials = 3;
  view.started = site_now() - std::chrono::milliseconds(93'400);
  view.doing = "await failover of readers, 21.3 s of 60 s";
  view.phase = "failing over";
  view.steps = {{"baseline 1m", State::Done},
                {"inject drain (drain_region)", State::Done},
                {"await failover of readers", State::Now},
                {"hold 2m", State::Ahead},
                {"undo drain", State::Ahead},
                {"await recovery of readers", State::Ahead}};
  view.milestones = milestones_so_far();
  view.in_force = {{"action:drain/1", "force us-east down", "ns1"},
                   {"action:drain/2", "block the replica's stream", "db-eu"}};
  view.users = {{"readers", "client-us", 0.784},
                {"readers", "client-eu", 0.32},
                {"readers", "client-ap", 0.0},
                {"comments", "client-us", std::nullopt}};
  view.newest_first = events_so_far();
  view.last_event = 8;
  return view;
}

LiveRunView just_begun() {
  using State = LiveStepRow::State;
  LiveRunView view = failing_over();
  view.site.now = view.started + seconds(12);
  view.doing = "baseline 1m";
  view.phase = "baseline";
  for (auto& step : view.steps) step.state = State::Ahead;
  view.steps.front().state = State::Now;
  for (auto& milestone : view.milestones) {
    milestone.reached = false;
    milestone.taken.reset();
  }
  view.milestones[0].taken = s(0);
  view.milestones[3].probe = "";
  view.in_force.clear();
  view.users.clear();
  view.newest_first = {view.newest_first.back()};
  view.last_event = 1;
  return view;
}

GateView mixed_gate() {
  GateView view;
  view.site = on_call();
  view.policy = "gate.yaml";
  view.rows = {
      {"shop",
       "staging",
       true,
       {"kill-one-app-server passed 5 hours ago, as 2026.46"},
       {"01KAYQ3X5T8V2W4N6P9R1S0D51"}},
      {"novvista",
       "production",
       false,
       {"drain-us-east: the newest run failed: Failover took 38.2 s against a budget of 30.0 s",
        "lose-primary-promote-replica: the newest run is inconclusive"},
       {"01KAYQ3X5T8V2W4N6P9R1S0D56", "01KAYQ3X5T8V2W4N6P9R1S0D22"}},
      {"billing", "production", false, {"fill-the-disk has never run there"}, {}}};
  return view;
}

std::vector<std::pair<std::string, std::string>> site_pages() {
  IndexView readers_index = five_drills();
  readers_index.site = reader();
  RunsView filtered = some_runs();
  filtered.drill = "drain-us-east";
  filtered.verdict = "fail";
  filtered.page = 2;
  RunsView none = filtered;
  none.page = 1;
  none.newest_first.clear();
  none.more = false;
  ScheduleView no_turns;
  no_turns.site = on_call();
  GateView no_policy;
  no_policy.site = on_call();
  return {{"index", render_index(five_drills())},
          {"index-reader", render_index(readers_index)},
          {"index-trouble", render_index({troubled(), five_drills().drills})},
          {"index-new", render_index({on_call(), {}})},
          {"schedule", render_schedule(december())},
          {"schedule-empty", render_schedule(no_turns)},
          {"runs", render_runs(some_runs())},
          {"runs-older", render_runs(filtered)},
          {"runs-none", render_runs(none)},
          {"live", render_live_run(failing_over())},
          {"live-begun", render_live_run(just_begun())},
          {"live-stopping", render_live_run(stopping())},
          {"gate", render_gate(mixed_gate())},
          {"gate-trouble", render_gate(gate_in_trouble())},
          {"gate-none", render_gate(no_policy)},
          {"login", render_login({site_now(), "c5rF-Token", "/runs", false})},
          {"login-refused", render_login({site_now(), "c5rF-Token", "//evil.example/", true})},
          {"error-401", render_error({401, "", {}})},
          {"error-403", render_error({403, "It lacks the scope drill:start.", on_call()})},
          {"error-404", render_error({404, "", on_call()})},
          {"error-500", render_error({500, "", {}})}};
}

// ---- the same, hostile

namespace {

/// Puts a text in front of every text there is.
class Poison {
 public:
  explicit Poison(const std::string& text) : text_(text) {}

  template <class... Texts>
  void operator()(Texts&... texts) const {
    (taint(texts), ...);
  }

 private:
  void taint(std::string& text) const { text = text_ + text; }
  void taint(std::vector<std::string>& texts) const {
    for (std::string& text : texts) taint(text);
  }
  void taint(SiteRun& run) const {
    (*this)(run.id, run.drill, run.environment, run.trigger, run.headline, run.before, run.status);
  }
  void taint(SiteContext& site) const {
    SiteState& state = site.state;
    (*this)(site.viewer.name, site.viewer.csrf, site.server, state.lever, state.lever_release);
    (*this)(state.left_in_force, state.store_trouble, state.clock_doubt);
    for (SiteRunning& run : state.running) (*this)(run.run, run.drill, run.doing);
  }

  const std::string& text_;
};

IndexView poisoned_index(const Poison& poison) {
  IndexView view{troubled(), five_drills().drills};
  view.site.state.lever.clear();  // or nothing could be started
  view.site.state.left_in_force.clear();
  poison(view.site);
  view.site.state.lever.clear();
  for (DrillRow& row : view.drills) {
    poison(row.name, row.drill, row.stack, row.environment, row.owner, row.no_turn);
    poison(row.trend.text, row.trend.metric);
    if (row.last) poison(*row.last);
    if (row.next) poison(row.next->text);
  }
  return view;
}

LiveRunView poisoned_live(const Poison& poison) {
  LiveRunView view = failing_over();
  poison(view.site, view.run, view.drill, view.stack, view.environment, view.doing, view.phase);
  for (auto& row : view.steps) poison(row.title);
  for (auto& row : view.milestones) poison(row.probe);
  poison(view.milestones.back().name);
  for (auto& row : view.in_force) poison(row.ref, row.what, row.host);
  for (auto& row : view.users) poison(row.probe, row.vantage);
  for (auto& row : view.newest_first) poison(row.kind, row.source, row.text);
  view.newest_first.push_back({s(1), "milestone", "readers", "failover", s(2), s(1)});
  poison(view.newest_first.back().source);
  return view;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> hostile_site_pages(const std::string& text) {
  const Poison poison(text);
  IndexView trouble{troubled(), {}};
  poison(trouble.site);
  ScheduleView schedule = december();
  poison(schedule.site);
  for (auto& row : schedule.ahead) poison(row.schedule, row.text, row.reasons);
  for (auto& row : schedule.behind) poison(row.schedule, row.text, row.status, row.run, row.why);
  RunsView runs = some_runs();
  poison(runs.site, runs.drills, runs.drill, runs.verdict);
  for (auto& run : runs.newest_first) poison(run);
  LiveRunView stopped = poisoned_live(poison);
  stopped.stopping = text;
  GateView gate = mixed_gate();
  poison(gate.site, gate.policy);
  for (auto& row : gate.rows) poison(row.service, row.environment, row.reasons, row.runs);
  GateView no_gate;
  poison(no_gate.site, no_gate.trouble);
  return {{"index", render_index(poisoned_index(poison))},
          {"index-trouble", render_index(trouble)},
          {"schedule", render_schedule(schedule)},
          {"runs", render_runs(runs)},
          {"live", render_live_run(poisoned_live(poison))},
          {"live-stopping", render_live_run(stopped)},
          {"gate", render_gate(gate)},
          {"gate-trouble", render_gate(no_gate)},
          {"login", render_login({site_now(), text, text, true})},
          {"error-404", render_error({404, text, schedule.site})}};
}

}  // namespace muster::sample
