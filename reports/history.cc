#include "reports/history.h"

#include <array>
#include <set>

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.h"
#include "base/files.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr int kSchema = 1;
constexpr int kBusySeconds =
    20;  // a writer holds the file for milliseconds; longer means that something hangs

constexpr std::array kTables = {
    "CREATE TABLE muster_schema (version INTEGER NOT NULL)",
    "CREATE TABLE counter (drill TEXT PRIMARY KEY, last INTEGER NOT NULL)",
    "CREATE TABLE run (id TEXT PRIMARY KEY, number INTEGER NOT NULL, drill TEXT NOT NULL, "
    "environment TEXT NOT NULL, "
    "series_key TEXT NOT NULL, environment_digest TEXT NOT NULL, started TEXT NOT NULL, ended TEXT "
    "NOT NULL, "
    "status TEXT NOT NULL, exit_code INTEGER NOT NULL, headline TEXT NOT NULL, version TEXT NOT "
    "NULL)",
    "CREATE INDEX run_by_drill ON run (drill, started)",
    "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY "
    "(run, id))",
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
  return run;
}

// Numbers as text: SOCI derives a column's type from its declaration, and an INTEGER would come as
// 32 bits.
constexpr const char* kSelect =
    "SELECT id, CAST(number AS TEXT), drill, environment, series_key, environment_digest, started, "
    "ended, status, "
    "CAST(exit_code AS TEXT), headline, version FROM run ";

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

  void add(const Result& result) override {
    guarded([&] {
      Transaction transaction(sql_);
      put(result);
      transaction.commit();
    });
  }

  std::vector<HistoryRun> runs(const std::string& drill, std::size_t limit) override {
    std::vector<HistoryRun> found;
    guarded([&] {
      const auto most = static_cast<long long>(std::min<std::size_t>(limit, 1'000'000));
      const int all = drill.empty() ? 1 : 0;
      const soci::rowset<soci::row> rows =
          (sql_.prepare << kSelect
                        << "WHERE :all = 1 OR drill = :d ORDER BY started DESC, number DESC, id "
                           "DESC LIMIT :l",
           soci::use(all),
           soci::use(drill),
           soci::use(most));
      for (const soci::row& row : rows) found.push_back(run_of(row));
      for (HistoryRun& run : found) run.metrics = metrics(run.id);
    });
    return found;
  }

  std::optional<HistoryRun> run(const std::string& id) override {
    std::optional<HistoryRun> found;
    guarded([&] {
      const soci::rowset<soci::row> rows =
          (sql_.prepare << kSelect << "WHERE id = :i", soci::use(id));
      for (const soci::row& row : rows) found = run_of(row);
      if (found) found->metrics = metrics(id);
    });
    return found;
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
  }

  void put(const Result& result) {
    const auto label = result.run.labels.find("version");
    const std::string version = label == result.run.labels.end() ? "" : label->second;
    const std::string started = format_utc(result.run.started_at);
    const std::string ended = format_utc(result.run.ended_at);
    const auto number = static_cast<long long>(result.run.number);
    sql_ << "INSERT OR REPLACE INTO run (id, number, drill, environment, series_key, "
            "environment_digest, started, "
            "ended, status, exit_code, headline, version) VALUES (:i, :n, :d, :e, :k, :g, :s, :t, "
            ":u, :x, :h, :v)",
        soci::use(result.run.id), soci::use(number), soci::use(result.run.drill),
        soci::use(result.run.environment), soci::use(result.playbook.series_key),
        soci::use(result.environment_digest), soci::use(started), soci::use(ended),
        soci::use(result.verdict.status), soci::use(result.verdict.exit_code),
        soci::use(result.verdict.headline), soci::use(version);
    sql_ << "DELETE FROM metric WHERE run = :r", soci::use(result.run.id);
    std::set<std::string> ids;
    for (const Result::Metric& metric : result.metrics) ids.insert(metric.id);
    for (const std::string& id : ids) {
      const Result::Metric* metric = overall_metric(result, id);
      // A time that was not reached is no number: left out, so that no mean ever contains it.
      if (metric == nullptr || !metric->value || metric->censored) continue;
      sql_ << "INSERT INTO metric (run, id, value) VALUES (:r, :i, :v)", soci::use(result.run.id),
          soci::use(id), soci::use(*metric->value);
    }
  }

  std::vector<std::pair<std::string, double>> metrics(const std::string& run) {
    std::vector<std::pair<std::string, double>> found;
    const soci::rowset<soci::row> rows =
        (sql_.prepare << "SELECT id, value FROM metric WHERE run = :r ORDER BY id", soci::use(run));
    for (const soci::row& row : rows)
      found.emplace_back(row.get<std::string>(0), row.get<double>(1));
    return found;
  }

  std::filesystem::path file_;
  soci::session sql_;
};

}  // namespace

std::unique_ptr<History> open_history(const std::filesystem::path& file) {
  return std::make_unique<SqliteHistory>(file);
}

}  // namespace muster
