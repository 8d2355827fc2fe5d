// PostgreSQL: the primary in us-east, a streaming standby in eu-west. Both are set up to follow the
// other, since a drill may make them change places. The data directories are copied from templates
// (see templates.cc); everything that is set here is a file of the host, included by the template's
// postgresql.conf.
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

/// full_page_writes and wal_log_hints: pg_rewind refuses without. Timeouts of seconds: in a drill
/// nobody waits for the defaults of a minute. dynamic_shared_memory_type: else kill -9 leaves
/// segments in /dev/shm.
constexpr std::string_view kSettings = R"(listen_addresses = '*'
unix_socket_directories = ''
hba_file = '/run/lab/pg_hba.conf'
cluster_name = 'novvista'
log_line_prefix = '%m [%p] '

shared_buffers = 16MB
max_parallel_workers = 0
max_logical_replication_workers = 0
dynamic_shared_memory_type = mmap
autovacuum = off
fsync = off
full_page_writes = on
track_commit_timestamp = on

wal_level = replica
wal_log_hints = on
wal_keep_size = 16MB
max_slot_wal_keep_size = 64MB
min_wal_size = 4MB
max_wal_size = 48MB
wal_sender_timeout = 5s
wal_receiver_timeout = 5s
wal_receiver_status_interval = 1s
hot_standby = on
hot_standby_feedback = on
)";

/// Else half-open connections pile up with each cut and use up max_connections.
constexpr std::string_view kKeepalives = R"(
tcp_keepalives_idle = 2
tcp_keepalives_interval = 1
tcp_keepalives_count = 3
tcp_user_timeout = 5000
)";

constexpr std::string_view kAccess = R"(local all all trust
host all all 127.0.0.1/32 trust
host all all 10.0.0.0/8 trust
host replication all 127.0.0.1/32 trust
host replication all 10.0.0.0/8 trust
)";

const HostRow& peer_of(const HostRow& row) {
  return host_row("db-" + other_site(row.site));
}

/// PostgreSQL writes a minute as "min", which no other duration of ours does.
std::string for_postgres(const std::string& duration) {
  const auto length = parse_duration(duration).value();
  return fmt::format("{}ms", std::chrono::floor<std::chrono::milliseconds>(length).count());
}

/// A server that is the primary pays no attention to these.
std::string standby_settings(const HostRow& row, const Settings& settings) {
  std::string text = fmt::format(
      "primary_conninfo = 'host={} user=repl application_name={} connect_timeout=2 "
      "keepalives_idle=2 "
      "keepalives_interval=1 keepalives_count=3 tcp_user_timeout=4000'\n"
      "primary_slot_name = '{}'\n"
      "wal_retrieve_retry_interval = '{}'\n",
      peer_of(row).address,
      row.site,
      row.site,
      for_postgres(settings.at("replica_reconnect")));
  if (row.site == "eu")
    text += fmt::format("recovery_min_apply_delay = '{}'\n",
                        for_postgres(settings.at("replica_apply_delay")));
  return text;
}

/// What programs/database.cc reads before it starts the server.
std::string description(const Machine& machine, const HostRow& row, const Settings& settings) {
  return fmt::format("peer\t{}\nslot\t{}\nfencing\t{}\nprograms\t{}\nas_postgres\t{}\n",
                     peer_of(row).address,
                     row.site,
                     settings.at("fencing"),
                     machine.postgres,
                     join(machine.as_postgres({}), "\t"));
}

constexpr const char* kReplication =
    "select pg_is_in_recovery()::text,"
    " (select count(*) from pg_stat_replication where state = 'streaming')::text,"
    " (select count(*) from pg_stat_wal_receiver where status = 'streaming')::text";

void read_primary(const std::vector<std::string>& columns, const HostRow& row, PartHealth& result) {
  result.role = columns[1] == "0" ? "primary, no standby" : "primary";
  healthy_if(row.site == "us", result, "promoted: it is no standby any more");
}

void read_standby(const std::vector<std::string>& columns,
                  const HostRow& row,
                  const Answers& answers,
                  PartHealth& result) {
  const bool receives = columns[2] != "0";
  result.role = receives ? "standby, streaming" : "standby, not streaming";
  if (row.site == "us") {
    result.health = "it is not the primary";
    return;
  }
  std::string complaint;
  const auto primary = row_of(answers[1], complaint);
  const bool sent_to = primary.size() == 3 && primary[1] != "0";
  healthy_if(receives && sent_to,
             result,
             receives ? "the primary does not stream to it" : "not streaming");
}

}  // namespace

void add_databases(Plan& plan, const Machine& machine, const Settings& settings) {
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("db-" + site);
    const bool primary = site == "us";
    host.files["postgres.conf"] =
        fmt::format("{}max_connections = {}\n{}\n{}",
                    kSettings,
                    settings.at("db_connections"),
                    settings.at("db_keepalives") == "on" ? kKeepalives : "",
                    standby_settings(host.row, settings));
    host.files["pg_hba.conf"] = kAccess;
    host.files["database"] = description(machine, host.row, settings);
    host.files["postgres.fresh"] = "";
    const std::string program = machine.programs + "/muster-lab-init";
    host.setup.push_back({"run", "ln", "-s", program, "/run/lab/rejoin"});
    // A file system of its own, so that a full disk is the database's alone and costs a bounded
    // amount of memory.
    host.setup.push_back({"tmpfs", "/run/lab/postgres", "mode=700,size=160m"});
    host.setup.push_back({"run",
                          "cp",
                          "-a",
                          machine.templates + (primary ? "/primary/." : "/standby/."),
                          "/run/lab/postgres"});
    PartPlan part{{host.row.name, "postgres"}, "databases", {program, "database"}, "INT", {}};
    if (!primary) part.after.push_back({"db-us", "postgres"});
    plan.parts.push_back(std::move(part));
  }
}

/// The standby is also seen from the primary: right after a cut it still believes in its stream for
/// some seconds.
std::vector<Question> ask_postgres(const HostRow& row) {
  std::vector<Question> questions = {ask_sql(row.name, row.address + ":5432", kReplication)};
  if (row.site == "eu")
    questions.push_back(ask_sql("db-us", host_row("db-us").address + ":5432", kReplication));
  return questions;
}

void read_postgres(const PartPlan&,
                   const HostRow& row,
                   const Answers& answers,
                   PartHealth& result) {
  std::string complaint;
  const auto columns = row_of(answers[0], complaint);
  if (columns.size() != 3)
    result.health = complaint;
  else if (columns[0] == "false")
    read_primary(columns, row, result);
  else
    read_standby(columns, row, answers, result);
}

}  // namespace muster::lab
