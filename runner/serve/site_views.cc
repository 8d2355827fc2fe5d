#include "runner/serve/site_views.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "reports/history/usual.h"
#include "reports/values.h"
#include "runner/interlocks/lever.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

constexpr std::size_t kRunsLookedAt = 2000;
constexpr std::size_t kTrendRuns = 14;
constexpr std::size_t kTurnsShown = 12;
constexpr std::size_t kOccurrencesShown = 60;
constexpr std::size_t kRunsOnAPage = 50;
constexpr std::size_t kEventsShown = 100;

SiteRun site_run(const HistoryRun& run) {
  SiteRun shown;
  shown.id = run.id;
  shown.number = run.number;
  shown.drill = run.drill;
  shown.environment = run.environment;
  shown.started = run.started;
  shown.ended = run.ended;
  shown.status = run.status;
  shown.headline = run.headline;
  return shown;
}

/// The number a drill is about: time to failover where an objective is about it, else the first
/// that one is about.
const HistoryMetric* main_metric(const HistoryRun& run) {
  const HistoryMetric* first = nullptr;
  for (const HistoryMetric& metric : run.metrics) {
    if (!metric.judged) continue;
    if (metric.id == "time_to_failover") return &metric;
    if (first == nullptr) first = &metric;
  }
  return first;
}

DrillTrend::Change change_of(const std::vector<HistoryRun>& newest_first,
                             const HistoryMetric& metric) {
  for (const MetricStanding& each : standings_of(newest_first, newest_first.front())) {
    if (each.id != metric.id || each.probe != metric.probe) continue;
    if (each.standing.result == Standing::Result::Worse) return DrillTrend::Change::Worse;
    if (each.standing.result == Standing::Result::Better) return DrillTrend::Change::Better;
    if (each.standing.result == Standing::Result::Same) return DrillTrend::Change::Steady;
  }
  return DrillTrend::Change::Unknown;
}

std::string unit_of(const HistoryMetric& metric) {
  const MetricSpec* spec = metric_spec(metric.id);
  return spec == nullptr ? "number" : std::string(spec->unit);
}

std::string in_words(std::string id) {
  std::ranges::replace(id, '_', ' ');
  return id;
}

DrillTrend trend_of(const std::vector<HistoryRun>& newest_first) {
  DrillTrend trend;
  if (newest_first.empty()) return trend;
  const HistoryMetric* main = main_metric(newest_first.front());
  for (const HistoryRun& run : newest_first) {
    if (trend.newest_first.size() == kTrendRuns) break;
    const HistoryMetric* same = main == nullptr ? nullptr : metric_of(run, main->id, main->probe);
    trend.newest_first.push_back({run.status, same == nullptr ? std::nullopt : same->value});
  }
  if (main == nullptr) return trend;
  trend.metric = in_words(main->id);
  trend.unit = unit_of(*main);
  trend.budget = main->budget;
  trend.change = change_of(newest_first, *main);
  const std::vector<const HistoryRun*> before = comparable_runs(newest_first, newest_first.front());
  const HistoryMetric* earlier =
      before.empty() ? nullptr : metric_of(*before.front(), main->id, main->probe);
  if (main->value && earlier != nullptr && earlier->value)
    trend.text = fmt::format("{} {} → {}",
                             trend.metric,
                             show_value(*earlier->value, trend.unit),
                             show_value(*main->value, trend.unit));
  return trend;
}

/// "Tue 2026-12-01 10:00 CET, at a random moment until ...", or the moment where it is drawn.
std::string turn_text(const TurnAhead& ahead, const TimeZone& zone) {
  std::string text = zone.text(ahead.when());
  if (!ahead.at && is_window(ahead.turn))
    text += ", at a random moment until " + zone.text(ahead.turn.end);
  if (!ahead.why.empty()) text += ", " + ahead.why;
  return text;
}

std::optional<OverdueAlarm> alarm_of(const ScheduledDrill& drill,
                                     const std::vector<HistoryRun>& newest_first,
                                     UtcTime now) {
  const std::optional<Duration> allowed = drill.schedule.settings().overdue;
  if (!allowed) return std::nullopt;
  OverdueAlarm alarm{*allowed, std::nullopt};
  for (const HistoryRun& run : newest_first) {
    if (run.status != "pass") continue;
    alarm.passed = run.ended;
    break;
  }
  const bool in_time = alarm.passed && *alarm.passed <= now && now - *alarm.passed <= *allowed;
  return in_time ? std::nullopt : std::optional(alarm);
}

/// `overdue`: whether the scheduler says so, which knows how long it has known the drill.
DrillRow row_of(const ScheduledDrill& drill,
                const std::vector<HistoryRun>& all,
                const KnownTurns& known,
                bool overdue,
                UtcTime now) {
  std::vector<HistoryRun> runs;
  std::ranges::copy_if(all, std::back_inserter(runs), [&](const HistoryRun& run) {
    return run.drill == drill.drill && run.environment == drill.environment;
  });
  DrillRow row;
  row.name = drill.name();
  row.drill = drill.drill;
  row.stack = drill.stack;
  row.environment = drill.environment;
  row.owner = drill.owner;
  if (!runs.empty()) row.last = site_run(runs.front());
  row.trend = trend_of(runs);
  if (const std::optional<TurnAhead> next = next_turn(drill, known, now))
    row.next = NextTurn{next->when(), turn_text(*next, drill.schedule.time_zone())};
  if (!row.next)
    row.no_turn = drill.schedule.settings().enabled ? "no turn within two years" : "switched off";
  if (overdue) row.overdue = alarm_of(drill, runs, now);
  row.can_start = drill.schedule.settings().enabled;
  return row;
}

/// Newest first; none, with the trouble in the page, where the store cannot be asked.
Task<std::vector<HistoryRun>> runs_of(const Desk& desk, std::string drill, SiteContext& site) {
  std::vector<HistoryRun> runs;
  try {
    auto read = [drill](Store& store) {
      return store.history().runs(drill, kRunsLookedAt);
    };
    runs = co_await desk.store.ask(std::move(read));
  } catch (const Error& error) {
    site.state.store_trouble = error.what();
  }
  co_return runs;
}

OccurrenceRow occurrence_row(const Desk& desk, const Occurrence& each) {
  using State = OccurrenceRow::State;
  OccurrenceRow row;
  row.schedule = each.schedule;
  row.at = each.at;
  const ScheduledDrill* drill = desk.drill_named(each.schedule);
  row.text = drill == nullptr ? format_utc(each.at)
                              : TimeZone(drill->schedule.settings().time_zone).text(each.at);
  row.run = each.run;
  if (each.state == "claimed" || each.state == "started") row.state = State::Running;
  if (each.state == "finished") row.state = State::Finished;
  if (each.state == "skipped") row.state = State::Skipped;
  if (each.state == "cut") row.state = State::Cut;
  if (each.state == "finished")
    row.status = each.why;
  else
    row.why = each.why;
  return row;
}

std::size_t page_of(const std::map<std::string, std::string>& query) {
  const auto found = query.find("page");
  if (found == query.end()) return 1;
  std::size_t page = 1;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page);
  return error == std::errc() && page > 0 && page < 100000 ? page : 1;
}

std::string value_or_empty(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? "" : found->second;
}

void add_left_in_force(const RunTrace& trace, std::vector<std::string>& lines) {
  for (const OpenChange& open : trace.open)
    lines.push_back(fmt::format("{} on {} (run {})", open.change.what, open.change.host, trace.id));
  if (trace.damaged) lines.push_back(trace.text() + ", whose journal is damaged");
  if (!trace.unreadable.empty()) lines.push_back(trace.text());
}

}  // namespace

const ScheduledDrill* Desk::drill_named(const std::string& name) const {
  const auto found =
      std::ranges::find_if(drills, [&](const ScheduledDrill& each) { return each.name() == name; });
  return found == drills.end() ? nullptr : &*found;
}

SiteContext site_context(const Desk& desk, SiteViewer viewer) {
  SiteContext site;
  site.viewer = std::move(viewer);
  site.now = desk.clock.utc_now();
  site.server = desk.server;
  if (const auto lever = engaged_lever()) {
    site.state.lever = lever->text();
    site.state.lever_release = lever->how_to_release();
  }
  try {
    for (const RunTrace& trace : open_runs()) {
      if (trace.running())
        site.state.running.push_back({trace.id, 0, trace.drill, "", trace.started});
      else if (trace.needs_recovery())
        add_left_in_force(trace, site.state.left_in_force);
    }
  } catch (const Error& error) {
    site.state.left_in_force.emplace_back(error.what());
  }
  for (const auto& turn : desk.scheduler.running())
    for (SiteRunning& each : site.state.running)
      if (each.run == turn->run_id()) each.doing = turn->step();
  site.state.store_trouble = desk.scheduler.store_trouble();
  if (desk.scheduler.clock_doubt())
    site.state.clock_doubt = "the wall clock jumped; nothing starts before it is looked at again";
  return site;
}

Task<KnownTurns> known_turns(const Desk& desk) {
  std::vector<std::string> names;
  names.reserve(desk.drills.size());
  for (const ScheduledDrill& drill : desk.drills) names.push_back(drill.name());
  auto read = [names](Store& store) {
    return known_turns(store, names);
  };
  KnownTurns known;
  try {
    known = co_await desk.store.ask(std::move(read));
  } catch (const Error&) {
    // Pages and metrics say by themselves that the store is away.
  }
  for (auto& [name, turns] : known) {
    for (Occurrence& each : turns) {
      const std::string waits = each.state == "planned" ? desk.scheduler.waits_for(each) : "";
      if (!waits.empty()) each.why += (each.why.empty() ? "" : ", ") + ("waits: " + waits);
    }
  }
  co_return known;
}

Task<IndexView> index_view(const Desk& desk, SiteViewer viewer) {
  IndexView view;
  view.site = site_context(desk, std::move(viewer));
  const std::vector<HistoryRun> runs = co_await runs_of(desk, "", view.site);
  const KnownTurns known = co_await known_turns(desk);
  view.drills.reserve(desk.drills.size());
  for (const ScheduledDrill& drill : desk.drills)
    view.drills.push_back(
        row_of(drill, runs, known, desk.scheduler.overdue().contains(drill.name()), view.site.now));
  co_return view;
}

Task<ScheduleView> schedule_view(const Desk& desk, SiteViewer viewer) {
  ScheduleView view;
  view.site = site_context(desk, std::move(viewer));
  const KnownTurns planned = co_await known_turns(desk);
  for (const ScheduledDrill& drill : desk.drills) {
    const ScheduleSettings& settings = drill.schedule.settings();
    view.drills.push_back({drill.name(),
                           settings.enabled,
                           settings.when,
                           drill.schedule.meaning(),
                           drill.schedule.notes()});
    for (const TurnAhead& each : turns_ahead(drill, planned, view.site.now, kTurnsShown)) {
      TurnRow row{drill.name(), each.when(), turn_text(each, drill.schedule.time_zone()), {}};
      if (!each.turn.excluded.empty()) row.reasons.push_back(each.turn.excluded);
      view.ahead.push_back(std::move(row));
    }
  }
  std::ranges::stable_sort(view.ahead, {}, &TurnRow::begin);
  if (view.ahead.size() > 3 * kTurnsShown) view.ahead.resize(3 * kTurnsShown);
  try {
    auto read = [](Store& store) {
      return store.occurrences("", kOccurrencesShown);
    };
    const std::vector<Occurrence> known = co_await desk.store.ask(std::move(read));
    for (const Occurrence& each : known)
      if (each.state != "planned") view.behind.push_back(occurrence_row(desk, each));
  } catch (const Error& error) {
    view.site.state.store_trouble = error.what();
  }
  co_return view;
}

Task<RunsView> runs_view(const Desk& desk,
                         SiteViewer viewer,
                         std::map<std::string, std::string> query) {
  RunsView view;
  view.site = site_context(desk, std::move(viewer));
  view.drill = value_or_empty(query, "drill");
  view.verdict = value_or_empty(query, "verdict");
  view.page = page_of(query);
  std::string drill;
  const std::vector<HistoryRun> all = co_await runs_of(desk, std::move(drill), view.site);
  std::size_t index = 0;
  for (const HistoryRun& run : all) {
    if (std::ranges::find(view.drills, run.drill) == view.drills.end())
      view.drills.push_back(run.drill);
    if (!view.drill.empty() && run.drill != view.drill) continue;
    if (!view.verdict.empty() && run.status != view.verdict) continue;
    const std::size_t at = index++;
    if (at / kRunsOnAPage + 1 > view.page) view.more = true;
    if (at / kRunsOnAPage + 1 != view.page) continue;
    SiteRun shown = site_run(run);
    const std::vector<const HistoryRun*> before = comparable_runs(all, run);
    if (!before.empty()) shown.before = before.front()->id;
    view.newest_first.push_back(std::move(shown));
  }
  std::ranges::sort(view.drills);
  co_return view;
}

LiveRunView live_run_view(const Desk& desk, SiteViewer viewer, const RunningTurn& turn) {
  LiveRunView view;
  view.site = site_context(desk, std::move(viewer));
  view.run = turn.run_id();
  view.drill = turn.drill();
  view.started = turn.began();
  view.doing = turn.step();
  if (const ScheduledDrill* drill = desk.drill_named(turn.order().schedule)) {
    view.stack = drill->stack;
    view.environment = drill->environment;
  }
  for (const std::string& change : turn.in_force()) view.in_force.push_back({"", change, ""});
  const std::uint64_t said = turn.lines_said();
  view.last_event = said;
  const std::uint64_t from = said > kEventsShown ? said - kEventsShown : 0;
  const std::vector<TurnLine> lines = turn.lines_from(from);
  view.newest_first.reserve(lines.size());
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    view.newest_first.push_back({line->at, line->kind, line->source, line->text});
  return view;
}

}  // namespace muster
