#include "store/history_tables.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/error.h"
#include "base/json.h"
#include "reports/profile.h"

namespace muster {

namespace {

UtcTime utc(const std::string& text) {
  const std::optional<UtcTime> time = parse_utc(text);
  if (!time) fail("'{}' is not a time", text);
  return *time;
}

std::string settings_text(const std::vector<Result::EnvironmentItem>& items) {
  json::array rows;
  for (const Result::EnvironmentItem& item : items)
    rows.emplace_back(json::array{item.key, item.value, item.kind});
  return rows.empty() ? "" : json::serialize(rows);
}

std::vector<Result::EnvironmentItem> settings_of(const std::string& text) {
  std::vector<Result::EnvironmentItem> items;
  if (text.empty()) return items;
  const json::value rows = parse_json(text, "settings of a run");
  if (!rows.is_array()) fail("the settings of a run are no list");
  for (const json::value& row : rows.get_array()) {
    const bool whole = row.is_array() && row.get_array().size() == 3 &&
                       std::ranges::all_of(row.get_array(), &json::value::is_string);
    if (!whole) fail("a setting of a run is not three texts");
    const json::array& words = row.get_array();
    items.push_back({std::string(words[0].get_string()),
                     std::string(words[1].get_string()),
                     std::string(words[2].get_string())});
  }
  return items;
}

HistoryRun run_of(const soci::row& row) {
  HistoryRun run;
  run.id = row.get<std::string>(0);
  run.number = std::stoll(row.get<std::string>(1));
  run.drill = row.get<std::string>(2);
  run.environment = row.get<std::string>(3);
  run.series_key = row.get<std::string>(4);
  run.environment_digest = row.get<std::string>(5);
  run.started = utc(row.get<std::string>(6));
  run.ended = utc(row.get<std::string>(7));
  run.status = row.get<std::string>(8);
  run.exit_code = std::stoi(row.get<std::string>(9));
  run.headline = row.get<std::string>(10);
  run.version = row.get<std::string>(11);
  run.trial_group = row.get<std::string>(12);
  run.profile = profile_from(row.get<std::string>(13));
  run.settings = settings_of(row.get<std::string>(14));
  run.stack = row.get<std::string>(15);
  run.result_digest = row.get<std::string>(16);
  return run;
}

// Numbers as text: SOCI derives a column's type from its declaration, and an INTEGER would come as
// 32 bits.
constexpr const char* kSelect =
    "SELECT id, CAST(number AS TEXT), drill, environment, series_key, environment_digest, started, "
    "ended, status, CAST(exit_code AS TEXT), headline, version, trial_group, profile, settings, "
    "stack, result_digest FROM run ";
// Of one drill by its number, which a counter gave that all share; clocks of machines differ.
constexpr const char* kNewestOfAll =
    "WHERE '' = :d ORDER BY started DESC, number DESC, id DESC LIMIT :l";
constexpr const char* kNewestOfDrill =
    "WHERE drill = :d ORDER BY number DESC, started DESC, id DESC LIMIT :l";

constexpr const char* kMetrics =
    "SELECT run, id, probe, value, resolution, CAST(judged AS TEXT), budget, CAST(missed AS TEXT) "
    "FROM metric WHERE run ";
constexpr const char* kAccepted = "SELECT run, at, who, why FROM accepted WHERE run ";

void complete(std::vector<HistoryRun>& runs,
              const soci::rowset<soci::row>& metrics,
              const soci::rowset<soci::row>& accepted) {
  std::map<std::string, HistoryRun*, std::less<>> by_id;
  for (HistoryRun& run : runs) by_id[run.id] = &run;
  for (const soci::row& row : metrics) {
    const auto run = by_id.find(row.get<std::string>(0));
    if (run == by_id.end()) continue;  // added since the runs were read
    HistoryMetric metric;
    metric.id = row.get<std::string>(1);
    metric.probe = row.get<std::string>(2);
    if (row.get_indicator(3) == soci::i_ok) metric.value = row.get<double>(3);
    metric.resolution = row.get<double>(4);
    metric.judged = row.get<std::string>(5) == "1";
    if (row.get_indicator(6) == soci::i_ok) metric.budget = row.get<double>(6);
    metric.missed = row.get<std::string>(7) == "1";
    run->second->metrics.push_back(std::move(metric));
  }
  for (HistoryRun& run : runs)
    std::ranges::sort(run.metrics, {}, [](const HistoryMetric& metric) {
      return std::tie(metric.id, metric.probe);
    });
  for (const soci::row& row : accepted) {
    const auto run = by_id.find(row.get<std::string>(0));
    if (run == by_id.end()) continue;
    run->second->accepted = {row.get<std::string>(0),
                             utc(row.get<std::string>(1)),
                             row.get<std::string>(2),
                             row.get<std::string>(3)};
  }
}

void put(soci::session& sql, const std::string& run, const std::vector<HistoryMetric>& metrics) {
  std::string id;
  std::string probe;
  double value = 0;
  double resolution = 0;
  double budget = 0;
  soci::indicator reached = soci::i_ok;
  soci::indicator promised = soci::i_ok;
  int judged = 0;
  int missed = 0;
  soci::statement insert =
      (sql.prepare << "INSERT INTO metric (run, id, probe, value, resolution, judged, budget, "
                      "missed) VALUES (:r, :i, :p, :v, :e, :j, :b, :m)",
       soci::use(run),
       soci::use(id),
       soci::use(probe),
       soci::use(value, reached),
       soci::use(resolution),
       soci::use(judged),
       soci::use(budget, promised),
       soci::use(missed));
  for (const HistoryMetric& metric : metrics) {
    id = metric.id;
    probe = metric.probe;
    value = metric.value.value_or(0);
    reached = metric.value ? soci::i_ok : soci::i_null;
    resolution = metric.resolution;
    judged = metric.judged ? 1 : 0;
    budget = metric.budget.value_or(0);
    promised = metric.budget ? soci::i_ok : soci::i_null;
    missed = metric.missed ? 1 : 0;
    insert.execute(true);
  }
}

void put(soci::session& sql, const HistoryRun& run) {
  const std::string started = format_utc(run.started);
  const std::string ended = format_utc(run.ended);
  const auto number = static_cast<long long>(run.number);
  const std::string profile = to_text(run.profile);
  const std::string settings = settings_text(run.settings);
  sql << upsert("run",
                {"id",
                 "number",
                 "drill",
                 "environment",
                 "series_key",
                 "environment_digest",
                 "started",
                 "ended",
                 "status",
                 "exit_code",
                 "headline",
                 "version",
                 "trial_group",
                 "profile",
                 "settings",
                 "stack",
                 "result_digest"}),
      soci::use(run.id), soci::use(number), soci::use(run.drill), soci::use(run.environment),
      soci::use(run.series_key), soci::use(run.environment_digest), soci::use(started),
      soci::use(ended), soci::use(run.status), soci::use(run.exit_code), soci::use(run.headline),
      soci::use(run.version), soci::use(run.trial_group), soci::use(profile), soci::use(settings),
      soci::use(run.stack), soci::use(run.result_digest);
  sql << "DELETE FROM metric WHERE run = :r", soci::use(run.id);
  put(sql, run.id, run.metrics);
}

}  // namespace

std::int64_t HistoryTables::next_number(const std::string& drill) {
  long long number = 0;
  database_->write([&](soci::session& sql) {
    // Setting it to itself locks the row, so that the next statement sees what others did last.
    sql << "INSERT INTO counter (drill, last) VALUES (:d, 0) ON CONFLICT (drill) DO UPDATE SET "
           "last = counter.last",
        soci::use(drill);
    // Runs that came from elsewhere count as well.
    sql << "UPDATE counter SET last = 1 + (SELECT max(known.last) FROM (SELECT last FROM counter "
           "WHERE drill = :a UNION ALL SELECT coalesce(max(number), 0) FROM run WHERE drill = :b) "
           "AS known) WHERE drill = :c RETURNING last",
        soci::use(drill), soci::use(drill), soci::use(drill), soci::into(number);
  });
  return number;
}

void HistoryTables::add(const HistoryRun& run) {
  database_->write([&](soci::session& sql) { put(sql, run); });
}

std::vector<HistoryRun> HistoryTables::runs(const std::string& drill, std::size_t limit) {
  std::vector<HistoryRun> found;
  const auto most = static_cast<long long>(std::min<std::size_t>(limit, 1'000'000));
  const char* const newest_first = drill.empty() ? kNewestOfAll : kNewestOfDrill;
  const std::string listed = fmt::format("IN (SELECT id FROM run {})", newest_first);
  database_->read([&](soci::session& sql) {
    const auto asked = [&](const std::string& query) -> soci::rowset<soci::row> {
      return (sql.prepare << query, soci::use(drill), soci::use(most));
    };
    const soci::rowset<soci::row> rows = asked(std::string(kSelect) + newest_first);
    for (const soci::row& row : rows) found.push_back(run_of(row));
    complete(found, asked(kMetrics + listed), asked(kAccepted + listed));
  });
  return found;
}

std::optional<HistoryRun> HistoryTables::run(const std::string& id) {
  std::vector<HistoryRun> found;
  database_->read([&](soci::session& sql) {
    const auto asked = [&](const std::string& query) -> soci::rowset<soci::row> {
      return (sql.prepare << query << "= :i", soci::use(id));
    };
    const soci::rowset<soci::row> rows = asked(std::string(kSelect) + "WHERE id ");
    for (const soci::row& row : rows) found.push_back(run_of(row));
    complete(found, asked(kMetrics), asked(kAccepted));
  });
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void HistoryTables::accept(const Acceptance& acceptance) {
  if (!run(acceptance.run)) fail("the history has no run {}", acceptance.run);
  const std::string at = format_utc(acceptance.at);
  database_->write([&](soci::session& sql) {
    sql << upsert("accepted", {"run", "at", "who", "why"}), soci::use(acceptance.run),
        soci::use(at), soci::use(acceptance.who), soci::use(acceptance.why);
  });
}

}  // namespace muster
