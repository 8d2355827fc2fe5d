// How a database of the lab begins: as what it was, or as a standby of its peer. After a failover
// the old primary must not come back as a second one, and somebody has to be able to bring it home.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drills/lab/programs/init.h"

namespace muster::lab_init {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = "postgres";
constexpr const char* kPidFile = "/run/lab/postgres.pid";
const fs::path kData = "/run/lab/postgres";

// Files that say how the next start has to go about it.
constexpr const char* kFresh = "/run/lab/postgres.fresh";    ///< never started: nobody to ask yet
constexpr const char* kWanted = "/run/lab/postgres.rejoin";  ///< `rejoin` asks for a standby
constexpr const char* kUnfinished = "/run/lab/postgres.unfinished";  ///< data neither old nor new

constexpr int kRejoinSeconds = 60;

/// /run/lab/database: a line for each, the name before the first tab.
struct Database {
  std::string peer;                      ///< address of the other one of the pair
  std::string slot;                      ///< of this host, on its primary
  bool fencing = true;                   ///< a start asks the peer whether it has been promoted
  std::string programs;                  ///< folder of postgres, psql, pg_rewind ...
  std::vector<std::string> as_postgres;  ///< words before a program that root may not run
};

Database read_database() {
  Database database;
  const std::string text = read_whole(kDatabase);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::vector<std::string> words = fields_of(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (words.size() < 2) continue;
    if (words[0] == "peer") database.peer = words[1];
    if (words[0] == "slot") database.slot = words[1];
    if (words[0] == "fencing") database.fencing = words[1] == "on";
    if (words[0] == "programs") database.programs = words[1];
    if (words[0] == "as_postgres") database.as_postgres = {words.begin() + 1, words.end()};
  }
  return database;
}

/// What a program prints; nothing where it fails.
std::optional<std::string> output_of(const std::vector<std::string>& argv) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) die("cannot make a pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    execute(argv);
    die("cannot start " + argv.front());
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (status != 0) return std::nullopt;
  return text;
}

std::string connection_to(const std::string& address) {
  return "host=" + address + " user=postgres dbname=postgres connect_timeout=2";
}

std::optional<std::string> ask(const Database& database,
                               const std::string& address,
                               const std::string& statement) {
  return output_of(
      {database.programs + "/psql", "-XwtA", "-d", connection_to(address), "-c", statement});
}

int run_as_postgres(const Database& database, const std::string& program, auto... words) {
  std::vector<std::string> argv = database.as_postgres;
  argv.push_back(database.programs + "/" + program);
  (argv.emplace_back(words), ...);
  return run_to_end(argv);
}

/// The timeline on which the peer takes writes; 0 where it does not, or does not answer.
long peer_timeline(const Database& database) {
  const auto said = ask(database,
                        database.peer,
                        "select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)"
                        "::int where not pg_is_in_recovery()");
  return said ? std::atol(said->c_str()) : 0;
}

long own_timeline(const Database& database) {
  std::vector<std::string> argv = database.as_postgres;
  argv.insert(argv.end(), {database.programs + "/pg_controldata", "-D", kData});
  const std::string said = output_of(argv).value_or("");
  constexpr std::string_view kLabel = "Latest checkpoint's TimeLineID:";
  const std::size_t at = said.find(kLabel);
  return at == std::string::npos ? 0 : std::atol(said.c_str() + at + kLabel.size());
}

// ---- becoming a standby

/// Gives up what only this server has, and fetches what it lacks. The checkpoint makes the peer
/// tell its new timeline, without which pg_rewind would see nothing to do.
bool rewind(const Database& database) {
  return ask(database, database.peer, "checkpoint").has_value() &&
         run_as_postgres(database,
                         "pg_rewind",
                         "--no-sync",
                         "--target-pgdata",
                         kData,
                         "--source-server",
                         connection_to(database.peer)) == 0;
}

bool copy_anew(const Database& database) {
  for (const auto& entry : fs::directory_iterator(kData)) fs::remove_all(entry);
  return run_as_postgres(database,
                         "pg_basebackup",
                         "--no-sync",
                         "--checkpoint=fast",
                         "--pgdata",
                         kData,
                         "--dbname",
                         connection_to(database.peer)) == 0;
}

/// What an interrupted pg_rewind leaves is no database any more: then everything is copied.
void follow_the_peer(const Database& database, bool unfinished) {
  write_whole(kUnfinished, "");
  if ((unfinished || !rewind(database)) && !copy_anew(database))
    fail("cannot be made a standby of " + database.peer);
  for (const auto& entry : fs::directory_iterator(kData / "pg_replslot")) fs::remove_all(entry);
  const auto slot = ask(database,
                        database.peer,
                        "select pg_create_physical_replication_slot('" + database.slot +
                            "', true) where not exists (select from pg_replication_slots where "
                            "slot_name = '" +
                            database.slot + "')");
  if (!slot) fail(database.peer + " gives no replication slot");
  std::vector<std::string> touch = database.as_postgres;
  touch.insert(touch.end(), {"touch", kData / "standby.signal"});
  if (run_to_end(touch) != 0) fail("cannot write standby.signal");
  ::unlink(kUnfinished);
}

bool accepts_connections(const Database& database) {
  return output_of({database.programs + "/pg_isready", "-q", "-h", "127.0.0.1"}).has_value();
}

/// Until the start that was just asked for is through.
bool wait_for_standby(const Database& database) {
  constexpr timespec kPause{0, 100'000'000};
  for (int tenths = 0; tenths < kRejoinSeconds * 10; ++tenths) {
    if (::access(kPidFile, F_OK) != 0) return false;
    const bool through = ::access(kWanted, F_OK) != 0 && ::access(kUnfinished, F_OK) != 0;
    if (through && accepts_connections(database)) return true;
    ::nanosleep(&kPause, nullptr);
  }
  return false;
}

}  // namespace

int start_database() {
  const Database database = read_database();
  const bool unfinished = ::access(kUnfinished, F_OK) == 0;
  const bool wanted = ::unlink(kWanted) == 0;
  const bool fresh = ::unlink(kFresh) == 0;
  // A standby that starts is no second primary, and follows by itself where it can.
  const bool standby = fs::exists(kData / "standby.signal");
  if (unfinished || (!standby && (wanted || (database.fencing && !fresh)))) {
    const long theirs = peer_timeline(database);
    if (theirs > 0 && (unfinished || theirs > own_timeline(database)))
      follow_the_peer(database, unfinished);
    else if (unfinished || wanted)
      fail(database.peer + " is no primary that this database could follow");
  }
  std::vector<std::string> argv = database.as_postgres;
  argv.insert(argv.end(), {database.programs + "/postgres", "-D", kData});
  execute(argv);
  die("cannot start " + argv.front());
}

int rejoin() {
  const Database database = read_database();
  if (peer_timeline(database) == 0)
    fail(database.peer + " is no primary: there is nobody to follow");
  const auto streams =
      ask(database, "127.0.0.1", "select 'yes' from pg_stat_wal_receiver where status='streaming'");
  if (streams && streams->starts_with("yes")) return 0;
  if (const int stopped = ask_init({"stop", kPart}); stopped != 0) return stopped;
  write_whole(kWanted, "");
  if (const int started = ask_init({"start", kPart}); started != 0) return started;
  if (!wait_for_standby(database))
    fail(std::string("it did not come up as a standby; see /run/lab/") + kPart + ".log");
  return 0;
}

}  // namespace muster::lab_init
