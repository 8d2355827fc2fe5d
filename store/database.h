#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <soci/session.h>

#include "store/dialect.h"

namespace muster {

/// In front of the path of a file, in the name of a store.
inline constexpr std::string_view kSqlitePrefix = "sqlite:";

/// The database behind a store: one connection, used by one thread at a time.
class SqlDatabase {
 public:
  using Work = std::function<void(soci::session&)>;

  virtual ~SqlDatabase() = default;
  /// Does `work` as one transaction: all of it or, where it throws, none. Throws Error that names
  /// the store; where the connection broke at the very end, nobody knows which of the two it was.
  void write(const Work& work) { run(dialect().begin, work); }
  void read(const Work& work) { run(dialect().begin_read, work); }

  virtual const Dialect& dialect() const = 0;
  /// As Store has them.
  virtual std::string host() const = 0;
  virtual std::vector<std::string> addresses() = 0;

 private:
  virtual void run(const std::string& begin, const Work& work) = 0;
};

/// Opens or makes it, in directories that are made as well.
std::unique_ptr<SqlDatabase> open_sqlite(const std::string& file);
/// `uri`: "postgresql://...".
std::unique_ptr<SqlDatabase> open_postgres(const std::string& uri);

/// One transaction; rolled back where `work` throws.
void transact(soci::session& sql, const std::string& begin, const SqlDatabase::Work& work);

/// An INSERT with a parameter for each column, which replaces the row that has the same first one.
std::string upsert(const std::string& table, const std::vector<std::string>& columns);

}  // namespace muster
