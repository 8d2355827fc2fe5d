#include "store/schema.h"

#include <array>
#include <span>

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr int kSchema = 4;

using Statements = std::span<const char* const>;

// Times of runs are texts of RFC 3339; what is compared with the database's clock is a number of
// microseconds since 1970, UTC, and so are the turns of a schedule.
constexpr std::array kHistoryTables = {
    "CREATE TABLE muster_schema (version INTEGER NOT NULL)",
    "CREATE TABLE counter (drill TEXT PRIMARY KEY, last BIGINT NOT NULL)",
    "CREATE TABLE run (id TEXT PRIMARY KEY, number BIGINT NOT NULL, drill TEXT NOT NULL, "
    "environment TEXT NOT NULL, series_key TEXT NOT NULL, environment_digest TEXT NOT NULL, "
    "started TEXT NOT NULL, ended TEXT NOT NULL, status TEXT NOT NULL, exit_code INTEGER NOT NULL, "
    "headline TEXT NOT NULL, version TEXT NOT NULL, trial_group TEXT NOT NULL DEFAULT '', profile "
    "TEXT NOT NULL DEFAULT '', settings TEXT NOT NULL DEFAULT '', stack TEXT NOT NULL DEFAULT '', "
    "result_digest TEXT NOT NULL DEFAULT '')",
    "CREATE INDEX run_by_drill ON run (drill, started)",
    "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, probe TEXT NOT NULL, value DOUBLE "
    "PRECISION, resolution DOUBLE PRECISION NOT NULL, judged INTEGER NOT NULL, budget DOUBLE "
    "PRECISION, missed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, id, probe))",
    "CREATE TABLE accepted (run TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, why TEXT "
    "NOT NULL)",
};

// A lease that nobody holds keeps its row, so that its generation never falls back.
constexpr std::array kSharedTables = {
    "CREATE TABLE occurrence (schedule TEXT NOT NULL, due BIGINT NOT NULL, at BIGINT NOT NULL, "
    "latest BIGINT NOT NULL, state TEXT NOT NULL, holder TEXT NOT NULL, generation BIGINT NOT "
    "NULL, lease_until BIGINT NOT NULL, run TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY "
    "(schedule, due))",
    "CREATE INDEX occurrence_open ON occurrence (state, at) WHERE state IN ('planned', 'claimed', "
    "'started')",
    "CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, generation BIGINT NOT NULL, "
    "lease_until BIGINT NOT NULL)",
    "CREATE TABLE result (run TEXT PRIMARY KEY, text TEXT NOT NULL, signature TEXT NOT NULL)",
    "CREATE TABLE approval (plan_hash TEXT PRIMARY KEY, text TEXT NOT NULL)",
};

/// Schema 1 kept one number a metric, of whichever probe was worst, and nothing of what was not
/// reached.
constexpr std::array kFrom1 = {
    "ALTER TABLE run ADD COLUMN trial_group TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE metric RENAME TO metric_1",
    "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, probe TEXT NOT NULL, value REAL, "
    "resolution REAL NOT NULL, judged INTEGER NOT NULL, PRIMARY KEY (run, id, probe))",
    "INSERT INTO metric (run, id, probe, value, resolution, judged) SELECT run, id, '', value, 0, "
    "0 FROM metric_1",
    "DROP TABLE metric_1",
    "CREATE TABLE accepted (run TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, why TEXT "
    "NOT NULL)",
};

/// Schema 2 kept neither how the failure went, nor what the run ran on, nor the budgets.
constexpr std::array kFrom2 = {
    "ALTER TABLE run ADD COLUMN profile TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN settings TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE metric ADD COLUMN budget REAL",
    "ALTER TABLE metric ADD COLUMN missed INTEGER NOT NULL DEFAULT 0",
};

/// Schema 3 kept runs alone, and neither what they ran against nor what result.json was.
constexpr std::array kFrom3 = {
    "ALTER TABLE run ADD COLUMN stack TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE run ADD COLUMN result_digest TEXT NOT NULL DEFAULT ''",
};

void execute(soci::session& sql, const Dialect& dialect, Statements statements) {
  for (const char* statement : statements) sql << replaced(statement, "TEXT", dialect.text);
}

void make(soci::session& sql, const Dialect& dialect) {
  execute(sql, dialect, kHistoryTables);
  execute(sql, dialect, kSharedTables);
  sql << "INSERT INTO muster_schema (version) VALUES (:v)", soci::use(kSchema);
}

void migrate(soci::session& sql, const Dialect& dialect, int version) {
  if (version < 2) execute(sql, dialect, kFrom1);
  if (version < 3) execute(sql, dialect, kFrom2);
  execute(sql, dialect, kFrom3);
  execute(sql, dialect, kSharedTables);
  sql << "UPDATE muster_schema SET version = :v", soci::use(kSchema);
}

}  // namespace

void adopt_schema(soci::session& sql, const Dialect& dialect, const std::string& name) {
  int tables = 0;
  int ours = 0;
  sql << fmt::format(
      "SELECT count(*), coalesce(sum(CASE WHEN name = 'muster_schema' THEN 1 ELSE 0 END), 0) FROM "
      "({}) AS present",
      dialect.tables),
      soci::into(tables), soci::into(ours);
  if (tables == 0) {
    make(sql, dialect);
    return;
  }
  if (ours == 0)
    fail("{} is not a store of muster: it holds tables of something else; give muster its own",
         name);
  int version = 0;
  sql << "SELECT max(version) FROM muster_schema", soci::into(version);
  if (version > kSchema) {
    fail("{} is of a newer muster (schema {}, this one knows {}): use that muster",
         name,
         version,
         kSchema);
  }
  if (version < 1) fail("{} has the unknown schema {}", name, version);
  if (version < kSchema) migrate(sql, dialect, version);
}

}  // namespace muster
