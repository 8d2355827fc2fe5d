#include <filesystem>

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "store/database.h"
#include "store/schema.h"

namespace muster {

namespace {

/// A writer holds the file for milliseconds; longer means that something hangs.
constexpr int kBusySeconds = 20;

/// What SQLite said, without the name of SOCI's function in front.
std::string words_of_sqlite(const soci::soci_error& error) {
  std::string text = error.get_error_message();
  if (text.starts_with("sqlite3_")) text = text.substr(text.find(": ") + 2);
  text = replaced(text, "Cannot establish connection to the database. ", "");
  return printable(text);
}

/// The other bits of the result say more than is needed here.
int kind_of(const soci::sqlite3_soci_error& error) {
  return error.result() & 0xFF;
}

std::string advice(const soci::sqlite3_soci_error& error) {
  switch (kind_of(error)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process holds it; see which one hangs";
    case SQLITE_FULL:
      return "make room on its disk";
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return "see who may read and write there";
    default:
      return "move the file away to begin a new one";
  }
}

class SqliteDatabase final : public SqlDatabase {
 public:
  explicit SqliteDatabase(const std::string& file) : name_("the store " + file) {
    if (file.find('"') != std::string::npos) fail("{}: a quote may not stand in its name", name_);
    const std::filesystem::path path = file;
    if (path.has_parent_path()) make_private_directories(path.parent_path());
    guarded([&] { open(file); });
  }

  const Dialect& dialect() const override { return kSqlite; }
  std::string host() const override { return ""; }
  std::vector<std::string> addresses() override { return {}; }

 private:
  void run(const std::string& begin, const Work& work) override {
    guarded([&] { transact(sql_, begin, work); });
  }

  /// Where SOCI's errors become ours, with the file that they are about.
  template <class Call>
  void guarded(Call call) {
    try {
      call();
    } catch (const soci::sqlite3_soci_error& error) {
      fail("{}: {}; {}", name_, words_of_sqlite(error), advice(error));
    } catch (const soci::soci_error& error) {
      fail("{}: {}", name_, words_of_sqlite(error));
    }
  }

  void open(const std::string& file) {
    sql_.open(soci::sqlite3, fmt::format("dbname=\"{}\" timeout={}", file, kBusySeconds));
    transact(sql_, kSqlite.begin, [&](soci::session& sql) { adopt_schema(sql, kSqlite, name_); });
    let_readers_in();
  }

  /// While another writes; the file keeps to that from then on.
  void let_readers_in() {
    std::string mode;
    sql_ << "PRAGMA journal_mode", soci::into(mode);
    if (mode == "wal") return;
    try {
      sql_ << "PRAGMA journal_mode = WAL", soci::into(mode);
    } catch (const soci::sqlite3_soci_error& error) {
      // It does not wait for others that have just opened the file; one of them will do it.
      if (kind_of(error) != SQLITE_BUSY) throw;
    }
  }

  std::string name_;
  soci::session sql_;
};

}  // namespace

std::unique_ptr<SqlDatabase> open_sqlite(const std::string& file) {
  return std::make_unique<SqliteDatabase>(file);
}

}  // namespace muster
