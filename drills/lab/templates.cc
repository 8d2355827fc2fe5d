#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "drills/lab/machine.h"

namespace muster::lab {

namespace {

constexpr std::string_view kSchema = R"(create role app login;
create role repl login replication;
create table article(id int primary key, title text, body text, rev int default 1);
create table comment(id bigserial primary key, article int, author text, body text, at timestamptz default clock_timestamp());
create table ledger(key text, at timestamptz default clock_timestamp());
create index on ledger(key);
insert into article select i, 'Article ' || i, repeat('lorem ipsum ', 20), 1 from generate_series(1, 500) i;
grant all on all tables in schema public to app;
grant all on all sequences in schema public to app;
grant pg_monitor to app;
select pg_create_physical_replication_slot('eu', true);
update pg_database set datistemplate = false;
drop database template0;
drop database template1;
)";

constexpr std::string_view kInclude = "include_if_exists = '/run/lab/postgres.conf'\n";

/// Small WAL segments keep a data directory at 30 MB.
const std::vector<std::string> kInitdb = {"-A",
                                          "trust",
                                          "-U",
                                          "postgres",
                                          "--locale=C",
                                          "-E",
                                          "UTF8",
                                          "--no-sync",
                                          "--no-instructions",
                                          "--wal-segsize=1"};

/// What a standby may accept at the fewest is what its template has seen.
constexpr const char* kFewestConnections = "max_connections=20";

constexpr const char* kScratch = "/run/lab-template";  ///< on the supervisor's own tmpfs

/// What the templates were made from; another recipe makes them anew.
std::string recipe(const Machine& machine) {
  return machine.postgres + "\n" + join(kInitdb, " ") + "\n" + kFewestConnections + "\n" +
         std::string(kInclude) + std::string(kSchema);
}

std::vector<std::string> initdb(const Machine& machine, const std::string& data) {
  std::vector<std::string> argv = {machine.postgres + "/initdb", "-D", data};
  argv.insert(argv.end(), kInitdb.begin(), kInitdb.end());
  return argv;
}

/// The standby is the primary as it was when it stopped, without its replication slot.
std::vector<Command> steps(const Machine& machine, const std::string& folder) {
  const std::string primary = std::string(kScratch) + "/primary";
  const std::string standby = std::string(kScratch) + "/standby";
  std::vector<Command> all;
  const auto add = [&](std::vector<std::string> argv, std::string_view input = "") {
    all.push_back({std::move(argv), std::string(input), std::chrono::seconds(60)});
  };
  add({"mkdir", "-m", "777", "-p", kScratch});
  add(machine.as_postgres(initdb(machine, primary)));
  add(machine.as_postgres({"tee", "-a", primary + "/postgresql.conf"}), kInclude);
  add(machine.as_postgres({machine.postgres + "/postgres",
                           "--single",
                           "-c",
                           kFewestConnections,
                           "-D",
                           primary,
                           "postgres"}),
      kSchema);
  add({"cp", "-a", primary, standby});
  add({"rm", "-rf", standby + "/pg_replslot/eu"});
  add(machine.as_postgres({"touch", standby + "/standby.signal"}));
  add({"cp", "-a", primary, standby, folder});
  add({"rm", "-rf", kScratch});
  return all;
}

}  // namespace

Task<> ensure_templates(const Machine& machine,
                        std::vector<std::string> supervisor_entry,
                        std::function<void(std::string)> progress) {
  const std::filesystem::path folder = machine.templates;
  if (read_file_if_exists(folder / "recipe") == recipe(machine)) co_return;
  progress("database templates, the first time only");
  std::filesystem::remove_all(folder);
  make_private_directories(folder);
  const std::unique_ptr<Host> lab = make_host("the lab", "the lab", std::move(supervisor_entry));
  for (Command& step : steps(machine, folder.string())) co_await lab->run(std::move(step));
  write_file_atomically(folder / "recipe", recipe(machine));
}

}  // namespace muster::lab
