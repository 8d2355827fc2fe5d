#include <filesystem>

#include <unistd.h>

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.h"
#include "base/text.h"
#include "store/database.h"
#include "store/postgres_location.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/within.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

/// Thrown where all was well, so that nothing of it is kept.
struct Looked {};

/// Does all that opening it does, in a transaction that is rolled back.
void try_out(soci::session& sql, const Dialect& dialect, const std::string& name) {
  try {
    transact(sql, dialect.begin, [&](soci::session& inside) {
      adopt_schema(inside, dialect, name);
      throw Looked();
    });
  } catch (const Looked&) {
  }
}

/// Where the file and its directories would be made.
void look_for_room(const fs::path& file, const std::string& name) {
  fs::path above = fs::absolute(file).parent_path();
  while (!fs::exists(above) && above.has_relative_path()) above = above.parent_path();
  if (::access(above.c_str(), W_OK | X_OK) != 0)
    fail("{}: it cannot be made, nobody may write into {} as this user", name, above.string());
}

void look_at_sqlite(const std::string& file) {
  const std::string name = "the store " + file;
  look_for_room(file, name);
  if (!fs::exists(file)) return;
  soci::session sql(soci::sqlite3, fmt::format("dbname=\"{}\" timeout=5", file));
  try_out(sql, kSqlite, name);
}

void look_at_postgres(const std::string& location) {
  const PostgresLocation place(location);
  const std::string name = "the store " + place.name();
  const auto looked = within(kLongestAnswer, [uri = place.connect_uri(), name] {
    soci::session sql(soci::postgresql, uri);
    try_out(sql, kPostgres, name);
    return true;
  });
  if (!looked) fail("{} does not answer within {}", name, human_duration(kLongestAnswer));
}

}  // namespace

void look_at_store(const std::string& location) {
  try {
    if (location.starts_with(kSqlitePrefix)) {
      look_at_sqlite(location.substr(kSqlitePrefix.size()));
    } else if (location.starts_with("postgresql://") || location.starts_with("postgres://")) {
      look_at_postgres(location);
    } else {
      open_store(location);  // which says what is wrong with it
    }
  } catch (const soci::soci_error& error) {
    fail("the store cannot be asked: {}", printable(error.what()));
  } catch (const fs::filesystem_error& error) {
    fail("the store cannot be reached: {}", printable(error.what()));
  }
}

}  // namespace muster
