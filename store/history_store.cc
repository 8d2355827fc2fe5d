#include "store/history_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "reports/profile.h"

namespace muster {

namespace {

constexpr int kSchema = 3;
constexpr int kBusySeconds =
    20;  // a writer holds the file for milliseconds; longer means that something hangs

constexpr const char* kMetricTable =
    "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, probe TEXT NOT NULL, value REAL, "
    "resolution REAL NOT NULL, judged INTEGER NOT NULL, budget REAL, missed INTEGER NOT NULL "
    "DEFAULT 0, PRIMARY KEY (run, id, probe))";
constexpr const char* kAcceptedTable =
    "CREATE TABLE accepted (run TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, why TEXT "
    "NOT "
    "NULL)";

constexpr std::array kTables = {
    "CREATE TABLE muster_schema (version INTEGER NOT NULL)",
    "CREATE TABLE counter (drill TEXT PRIMARY KEY, last INTEGER NOT NULL)",
    "CREATE TABLE run (id TEXT PRIMARY KEY, number INTEGER NOT NULL, drill TEXT NOT NULL, "
    "environment TEXT NOT NULL, "
    "series_key TEXT NOT NULL, environment_digest TEXT NOT NULL, started TEXT NOT NULL, ended TEXT "
    "NOT NULL, "
    "status TEXT NOT NULL, exit_code INTEGER NOT NULL, headline TEXT NOT NULL, version TEXT NOT "
    "NULL, trial_group TEXT NOT NULL DEFAULT '', profile TEXT NOT NULL DEFAULT '', settings TEXT "
    "NOT NULL DEFAULT '')",
    "CREATE INDEX run_by_drill ON run (drill, started)",
    kMetricTable,
    kAcceptedTable,
};

/// Schema 1 kept one number a metric, of whichever probe was worst, and nothing of what was not
/// reached.
constexpr std::array kFrom1 = {
    "ALTER TABLE run ADD COLUMN trial_group TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE metric RENAME TO metric_1",
    kMetricTable,
    "INSERT INTO metric (run, id, probe, value, resolution, judged) SELECT run, id, '', value, 0, "
    "0 FROM metric_1",
    "DROP TABLE metric_1",
    kAcceptedTable,
    "ALTER TABLE run ADD COLUMN profile TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN settings TEXT NOT NULL DEFAULT ''",
};

/// Schema 2 kept neither how the failure went, nor what the run ran on, nor the budgets.
constexpr std::array kFrom2 = {
    "ALTER TABLE run ADD COLUMN profile TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN settings TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE metric ADD COLUMN budget REAL",
    "ALTER TABLE metric ADD COLUMN missed INTEGER NOT NULL DEFAULT 0",
};

/// A write transaction from its first statement, so that two processes queue up instead of failing
/// half-way.
class Transaction {
 public:
  explicit Transaction(soci::session& sql) : sql_(sql) { sql_ << "BEGIN IMMEDIATE"; }
  ~Transaction() {
    if (done_) return;
    try {
      sql_ << "ROLLBACK";
    } catch (const soci::soci_error&) {
      // SQLite has rolled back by itself, or will when the file is next opened.
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    sql_ << "COMMIT";
    done_ = true;
  }

 private:
  soci::session& sql_;
  bool done_ = false;
};

/// What SQLite said, without the name of SOCI's function in front.
std::string in_words(const soci::soci_error& error) {
  const std::string text = error.get_error_message();
  const std::size_t colon = text.find(": ");
  return text.starts_with("sqlite3_") && colon != std::string::npos ? text.substr(colon + 2) : text;
}

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
  return run;
}

// Numbers as text: SOCI derives a column's type from its declaration, and an INTEGER would come as
// 32 bits.
constexpr const char* kSelect =
    "SELECT id, CAST(number AS TEXT), drill, environment, series_key, environment_digest, started, "
    "ended, status, "
    "CAST(exit_code AS TEXT), headline, version, trial_group, profile, settings FROM run ";
constexpr const char* kNewestFirst =
    "WHERE :all = 1 OR drill = :d ORDER BY started DESC, number DESC, id DESC LIMIT :l";

constexpr const char* kMetrics =
    "SELECT run, id, probe, value, resolution, CAST(judged AS TEXT), budget, CAST(missed AS TEXT) "
    "FROM metric WHERE run ";
constexpr const char* kAccepted = "SELECT run, at, who, why FROM accepted WHERE run ";

class SqliteHistory : public History {
 public:
  explicit SqliteHistory(std::filesystem::path file) : file_(std::move(file)) {
    guarded([&] { open(); });
  }

  std::int64_t next_number(const std::string& drill) override {
    long long number = 0;
    guarded([&] {
      Transaction transaction(sql_);
      // Runs that came from elsewhere count as well.
      sql_ << "INSERT INTO counter (drill, last) VALUES (:d, 0) ON CONFLICT (drill) DO NOTHING",
          soci::use(drill);
      sql_ << "UPDATE counter SET last = 1 + max(last, (SELECT coalesce(max(number), 0) FROM run "
              "WHERE drill = :a)) "
              "WHERE drill = :b",
          soci::use(drill), soci::use(drill);
      sql_ << "SELECT last FROM counter WHERE drill = :d", soci::use(drill), soci::into(number);
      transaction.commit();
    });
    return number;
  }

  void add(const HistoryRun& run) override {
    guarded([&] {
      Transaction transaction(sql_);
      put(run);
      transaction.commit();
    });
  }

  std::vector<HistoryRun> runs(const std::string& drill, std::size_t limit) override {
    std::vector<HistoryRun> found;
    guarded([&] {
      const auto most = static_cast<long long>(std::min<std::size_t>(limit, 1'000'000));
      const int all = drill.empty() ? 1 : 0;
      const soci::rowset<soci::row> rows = (sql_.prepare << kSelect << kNewestFirst,
                                            soci::use(all),
                                            soci::use(drill),
                                            soci::use(most));
      for (const soci::row& row : rows) found.push_back(run_of(row));
      const std::string listed = fmt::format("IN (SELECT id FROM run {})", kNewestFirst);
      const soci::rowset<soci::row> metrics =
          (sql_.prepare << kMetrics << listed, soci::use(all), soci::use(drill), soci::use(most));
      const soci::rowset<soci::row> accepted =
          (sql_.prepare << kAccepted << listed, soci::use(all), soci::use(drill), soci::use(most));
      complete(found, metrics, accepted);
    });
    return found;
  }

  std::optional<HistoryRun> run(const std::string& id) override {
    std::optional<HistoryRun> found;
    guarded([&] {
      const soci::rowset<soci::row> rows =
          (sql_.prepare << kSelect << "WHERE id = :i", soci::use(id));
      std::vector<HistoryRun> one;
      for (const soci::row& row : rows) one.push_back(run_of(row));
      const soci::rowset<soci::row> metrics = (sql_.prepare << kMetrics << "= :i", soci::use(id));
      const soci::rowset<soci::row> accepted = (sql_.prepare << kAccepted << "= :i", soci::use(id));
      complete(one, metrics, accepted);
      if (!one.empty()) found = std::move(one.front());
    });
    return found;
  }

  void accept(const Acceptance& acceptance) override {
    if (!run(acceptance.run)) fail("the history has no run {}", acceptance.run);
    guarded([&] {
      const std::string at = format_utc(acceptance.at);
      Transaction transaction(sql_);
      sql_ << "INSERT OR REPLACE INTO accepted (run, at, who, why) VALUES (:r, :a, :w, :y)",
          soci::use(acceptance.run), soci::use(at), soci::use(acceptance.who),
          soci::use(acceptance.why);
      transaction.commit();
    });
  }

 private:
  /// Where SOCI's errors become ours, with the file that they are about.
  template <class Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const soci::soci_error& error) {
      fail("the history {}: {}; move the file away to begin a new one",
           file_.string(),
           in_words(error));
    }
  }

  void open() {
    if (file_.string().find('"') != std::string::npos)
      fail("the history {}: a quote may not stand in its name", file_.string());
    if (file_.has_parent_path()) make_private_directories(file_.parent_path());
    sql_.open(soci::sqlite3, fmt::format("dbname=\"{}\" timeout={}", file_.string(), kBusySeconds));
    Transaction transaction(sql_);
    adopt();
    transaction.commit();
    std::string mode;
    sql_ << "PRAGMA journal_mode", soci::into(mode);
    if (mode != "wal") sql_ << "PRAGMA journal_mode = WAL", soci::into(mode);
  }

  /// Makes the tables in an empty file; refuses a file that is somebody else's or of a newer
  /// muster.
  void adopt() {
    int tables = 0;
    int ours = 0;
    sql_ << "SELECT count(*), coalesce(sum(name = 'muster_schema'), 0) FROM sqlite_master WHERE "
            "type = 'table'",
        soci::into(tables), soci::into(ours);
    if (tables == 0) {
      for (const char* table : kTables) sql_ << table;
      sql_ << "INSERT INTO muster_schema (version) VALUES (:v)", soci::use(kSchema);
      return;
    }
    if (ours == 0)
      fail("{} is not a history of muster: it holds tables of something else", file_.string());
    int version = 0;
    sql_ << "SELECT max(version) FROM muster_schema", soci::into(version);
    if (version > kSchema) {
      fail("the history {} is of a newer muster (schema {}, this one knows {}): use that muster",
           file_.string(),
           version,
           kSchema);
    }
    if (version < 1) fail("the history {} has the unknown schema {}", file_.string(), version);
    if (version == 1)
      for (const char* statement : kFrom1) sql_ << statement;
    if (version == 2)
      for (const char* statement : kFrom2) sql_ << statement;
    if (version < kSchema) sql_ << "UPDATE muster_schema SET version = :v", soci::use(kSchema);
  }

  void put(const HistoryRun& run) {
    const std::string started = format_utc(run.started);
    const std::string ended = format_utc(run.ended);
    const auto number = static_cast<long long>(run.number);
    const std::string profile = to_text(run.profile);
    const std::string settings = settings_text(run.settings);
    sql_ << "INSERT OR REPLACE INTO run (id, number, drill, environment, series_key, "
            "environment_digest, started, ended, status, exit_code, headline, version, "
            "trial_group, profile, settings) VALUES (:i, :n, :d, :e, :k, :g, :s, :t, :u, :x, :h, "
            ":v, :o, :p, :c)",
        soci::use(run.id), soci::use(number), soci::use(run.drill), soci::use(run.environment),
        soci::use(run.series_key), soci::use(run.environment_digest), soci::use(started),
        soci::use(ended), soci::use(run.status), soci::use(run.exit_code), soci::use(run.headline),
        soci::use(run.version), soci::use(run.trial_group), soci::use(profile), soci::use(settings);
    sql_ << "DELETE FROM metric WHERE run = :r", soci::use(run.id);
    for (const HistoryMetric& metric : run.metrics) put(run.id, metric);
  }

  void put(const std::string& run, const HistoryMetric& metric) {
    const double value = metric.value.value_or(0);
    const double budget = metric.budget.value_or(0);
    soci::indicator reached = metric.value ? soci::i_ok : soci::i_null;
    soci::indicator promised = metric.budget ? soci::i_ok : soci::i_null;
    const int judged = metric.judged ? 1 : 0;
    const int missed = metric.missed ? 1 : 0;
    sql_ << "INSERT INTO metric (run, id, probe, value, resolution, judged, budget, missed) "
            "VALUES (:r, :i, :p, :v, :e, :j, :b, :m)",
        soci::use(run), soci::use(metric.id), soci::use(metric.probe), soci::use(value, reached),
        soci::use(metric.resolution), soci::use(judged), soci::use(budget, promised),
        soci::use(missed);
  }

  static void complete(std::vector<HistoryRun>& runs,
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

  std::filesystem::path file_;
  soci::session sql_;
};

}  // namespace

std::unique_ptr<History> open_history(const std::filesystem::path& file) {
  return std::make_unique<SqliteHistory>(file);
}

}  // namespace muster
