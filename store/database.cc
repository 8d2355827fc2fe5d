#include "store/database.h"

#include <fmt/format.h>
#include <soci/error.h>

#include "base/text.h"

namespace muster {

namespace {

class Rollback {
 public:
  explicit Rollback(soci::session& sql) : sql_(sql) {}
  ~Rollback() {
    if (!wanted_) return;
    try {
      sql_ << "ROLLBACK";
    } catch (const soci::soci_error&) {
      // The database has rolled back by itself, or does when the connection ends.
    }
  }
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  void is_not_wanted() { wanted_ = false; }

 private:
  soci::session& sql_;
  bool wanted_ = true;
};

}  // namespace

void transact(soci::session& sql, const std::string& begin, const SqlDatabase::Work& work) {
  sql << begin;
  Rollback rollback(sql);
  work(sql);
  sql << "COMMIT";
  rollback.is_not_wanted();
}

std::string upsert(const std::string& table, const std::vector<std::string>& columns) {
  std::vector<std::string> parameters, assignments;
  for (const std::string& column : columns) {
    parameters.push_back(":" + column);
    assignments.push_back(fmt::format("{0} = excluded.{0}", column));
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
                     table,
                     join(columns, ", "),
                     join(parameters, ", "),
                     columns.front(),
                     join(assignments, ", "));
}

}  // namespace muster
