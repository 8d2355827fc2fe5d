#include "store/store.h"

#include <cstdlib>

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "store/database.h"
#include "store/history_tables.h"
#include "store/occurrence_table.h"

namespace muster {

namespace {

class SqlStore final : public Store {
 public:
  explicit SqlStore(std::shared_ptr<SqlDatabase> database)
      : database_(std::move(database)), history_(database_), occurrences_(database_) {}

  History& history() override { return history_; }

  Occurrence plan(const Occurrence& occurrence) override { return occurrences_.plan(occurrence); }
  std::optional<Occurrence> claim(const std::vector<std::string>& schedules,
                                  const std::string& holder,
                                  Duration lease,
                                  int at_once,
                                  UtcTime now) override {
    return occurrences_.claim(schedules, holder, lease, at_once, now);
  }
  bool renew(const Occurrence& mine, Duration lease) override {
    return occurrences_.renew(mine, lease);
  }
  bool start(const Occurrence& mine, const std::string& run) override {
    return occurrences_.start(mine, run);
  }
  bool finish(const Occurrence& mine, const std::string& state, const std::string& why) override {
    return occurrences_.finish(mine, state, why);
  }
  std::vector<Occurrence> cut_expired(const std::string& why) override {
    return occurrences_.cut_expired(why);
  }
  std::vector<Occurrence> occurrences(const std::string& schedule, std::size_t limit) override {
    return occurrences_.newest(schedule, limit);
  }

  std::optional<Lease> lease(const std::string& name,
                             const std::string& holder,
                             Duration length) override {
    const long long micros = std::chrono::duration_cast<std::chrono::microseconds>(length).count();
    long long generation = 0;
    // Whoever takes it, be it the same holder after his time was over, begins a new generation.
    // What one has for longer already is not shortened: a prolonging may come late.
    const std::string statement = fmt::format(
        "INSERT INTO lease (name, holder, generation, lease_until) VALUES (:n, :h, 1, {0} + :l) ON "
        "CONFLICT (name) DO UPDATE SET holder = excluded.holder, generation = lease.generation + "
        "CASE WHEN lease.lease_until < {0} THEN 1 ELSE 0 END, lease_until = CASE WHEN lease.holder "
        "= "
        "excluded.holder AND lease.lease_until > excluded.lease_until THEN lease.lease_until ELSE "
        "excluded.lease_until END WHERE lease.holder = excluded.holder OR lease.lease_until < {0} "
        "RETURNING generation",
        database_->dialect().now);
    database_->write([&](soci::session& sql) {
      sql << statement, soci::use(name), soci::use(holder), soci::use(micros),
          soci::into(generation);
    });
    if (generation == 0) return std::nullopt;
    return Lease{name, holder, generation};
  }

  void release(const Lease& lease) override {
    const long long generation = lease.generation;
    database_->write([&](soci::session& sql) {
      sql << "UPDATE lease SET holder = '', lease_until = 0 WHERE name = :n AND holder = :h AND "
             "generation = :g",
          soci::use(lease.name), soci::use(lease.holder), soci::use(generation);
    });
  }

  std::vector<TakenLease> leases(const std::string& prefix) override {
    std::vector<TakenLease> taken;
    const std::string query = fmt::format(
        "SELECT name, holder, generation, lease_until - {} FROM lease WHERE holder <> '' ORDER BY "
        "name",
        database_->dialect().now);
    database_->read([&](soci::session& sql) {
      TakenLease each;
      long long generation = 0;
      long long left = 0;
      soci::statement rows = (sql.prepare << query,
                              soci::into(each.lease.name),
                              soci::into(each.lease.holder),
                              soci::into(generation),
                              soci::into(left));
      rows.execute();
      while (rows.fetch()) {
        if (!each.lease.name.starts_with(prefix)) continue;
        each.lease.generation = generation;
        each.left = std::chrono::microseconds(left);
        taken.push_back(each);
      }
    });
    return taken;
  }

  void keep_result(const std::string& run, const SignedResult& result) override {
    if (result.text.find('\0') != std::string::npos) fail("the result of run {} is no text", run);
    database_->write([&](soci::session& sql) {
      sql << upsert("result", {"run", "text", "signature"}), soci::use(run), soci::use(result.text),
          soci::use(result.signature);
    });
  }

  std::optional<SignedResult> result(const std::string& run) override {
    SignedResult kept;
    bool found = false;
    database_->read([&](soci::session& sql) {
      sql << "SELECT text, signature FROM result WHERE run = :r", soci::use(run),
          soci::into(kept.text), soci::into(kept.signature);
      found = sql.got_data();
    });
    return found ? std::optional(std::move(kept)) : std::nullopt;
  }

  void keep_approval(const StoredApproval& approval) override {
    database_->write([&](soci::session& sql) {
      sql << upsert("approval", {"plan_hash", "text"}), soci::use(approval.plan_hash),
          soci::use(approval.text);
    });
  }

  std::optional<StoredApproval> approval(const std::string& plan_hash) override {
    StoredApproval kept{plan_hash, ""};
    bool found = false;
    database_->read([&](soci::session& sql) {
      sql << "SELECT text FROM approval WHERE plan_hash = :p", soci::use(plan_hash),
          soci::into(kept.text);
      found = sql.got_data();
    });
    return found ? std::optional(std::move(kept)) : std::nullopt;
  }

  UtcTime now() override {
    long long micros = 0;
    database_->read([&](soci::session& sql) {
      sql << fmt::format("SELECT {}", database_->dialect().now), soci::into(micros);
    });
    return UtcTime(std::chrono::microseconds(micros));
  }

  std::string host() const override { return database_->host(); }
  std::vector<std::string> addresses() override { return database_->addresses(); }

 private:
  std::shared_ptr<SqlDatabase> database_;
  HistoryTables history_;
  OccurrenceTable occurrences_;
};

}  // namespace

bool is_shared(const std::string& location) {
  return !location.starts_with(kSqlitePrefix);
}

std::string default_store() {
  const char* named = std::getenv("MUSTER_STORE");
  if (named != nullptr && *named != '\0') return named;
  return std::string(kSqlitePrefix) + (muster_home() / "history.db").string();
}

std::unique_ptr<Store> open_store(const std::string& location) {
  if (location.starts_with(kSqlitePrefix) && location.size() > kSqlitePrefix.size())
    return std::make_unique<SqlStore>(open_sqlite(location.substr(kSqlitePrefix.size())));
  if (location.starts_with("postgresql://") || location.starts_with("postgres://"))
    return std::make_unique<SqlStore>(open_postgres(location));
  // The rest of it is not shown: it may hold a password.
  fail("'{}...' is no store: write sqlite:FILE or postgresql://USER@HOST/DATABASE",
       printable(location.substr(0, location.find(':')), 20));
}

}  // namespace muster
