#include "drills/lab/health.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"

namespace muster::lab {

namespace {

constexpr const char* kReplication =
    "select pg_is_in_recovery()::text,"
    " (select count(*) from pg_stat_replication where state = 'streaming')::text,"
    " (select count(*) from pg_stat_wal_receiver where status = 'streaming')::text";

using Answers = std::vector<Answer>;

/// A kind of part: what it is asked (after its host's process 1), and how that reads.
struct Kind {
  std::string_view part;
  std::vector<Question> (*ask)(const HostRow& row);
  void (*read)(const PartPlan& part,
               const HostRow& row,
               const Answers& answers,
               PartHealth& result);
};

void healthy(PartHealth& result) {
  result.healthy = true;
  result.health = "healthy";
}

void healthy_if(bool condition, PartHealth& result, std::string otherwise) {
  if (condition) return healthy(result);
  result.health = std::move(otherwise);
}

std::string first_of(const Answer& answer) {
  const auto addresses = addresses_of(answer);
  return addresses.empty() ? "" : addresses.front();
}

std::string shown(const std::string& address) {
  return address.empty() ? "no address" : address;
}

std::string home_balancer(const std::string& site) {
  return host_row("lb-" + site).address;
}

// ---- networks
// ----------------------------------------------------------------------------------------------------

std::vector<Question> ask_router(const HostRow& row) {
  return {ask_file(row.name, "net/dev")};
}

void read_router(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result) {
  result.role = region_of(row.site) + " router";
  healthy_if(answers[0].bytes.find("wan:") != std::string::npos, result, "it has no wan link");
}

std::vector<Question> ask_delay(const HostRow& row) {
  return {ask_file(row.name, "net/netfilter/nfnetlink_queue")};
}

void read_delay(const PartPlan& part, const HostRow&, const Answers& answers, PartHealth& result) {
  const std::string& queue = part.argv.size() > 2 ? part.argv[2] : part.ref.part;
  const auto lines = split(answers[0].bytes, '\n');
  result.role = part.argv.size() > 4 ? "holds packets for " + part.argv[4] : "";
  const bool bound = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return std::string(trim(line)).starts_with(queue + " ");
  });
  healthy_if(bound, result, "queue " + queue + " is not bound");
}

// ---- databases
// ---------------------------------------------------------------------------------------------------

/// The standby is also seen from the primary: right after a cut it still believes in its stream for
/// some seconds.
std::vector<Question> ask_postgres(const HostRow& row) {
  std::vector<Question> questions = {ask_sql(row.name, row.address + ":5432", kReplication)};
  if (row.site == "eu")
    questions.push_back(ask_sql("db-us", host_row("db-us").address + ":5432", kReplication));
  return questions;
}

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

std::vector<Question> ask_denylist(const HostRow& row) {
  return {ask_redis(row.name, row.address + ":6379")};
}

void read_denylist(const PartPlan&,
                   const HostRow& row,
                   const Answers& answers,
                   PartHealth& result) {
  const std::string role = redis_value(answers[0], "role");
  const bool at_home = row.site == "us";
  if (role == "master") {
    result.role = "primary";
    return healthy_if(at_home, result, "it is no replica any more");
  }
  const std::string link = redis_value(answers[0], "master_link_status");
  result.role = "replica, link " + (link.empty() ? "unknown" : link);
  healthy_if(!at_home && link == "up",
             result,
             at_home ? "it is not the primary" : "the link to the primary is down");
}

// ---- applications, balancers, edges
// ------------------------------------------------------------------------------

std::vector<Question> ask_application(const HostRow& row) {
  return {ask_http(row.name, "127.0.0.1:8080", "/health")};
}

void read_application(const PartPlan&,
                      const HostRow& row,
                      const Answers& answers,
                      PartHealth& result) {
  const HttpAnswer answer = http_of(answers[0]);
  result.role = region_of(row.site) + " application";
  healthy_if(answer.status == 200, result, fmt::format("/health answers {}", answer.status));
}

std::vector<Question> ask_balancer(const HostRow& row) {
  return {ask_http(row.name, row.address + ":80", "/lb-health"),
          ask_haproxy(row.name, "show map /run/lab/flags.map"),
          ask_haproxy(row.name, "show servers state app")};
}

void read_balancer(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result) {
  int servers = 0;
  int running = 0;
  for (const std::string& line : split(answers[2].bytes, '\n')) {
    const auto columns =
        split(line, ' ');  // be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state
    if (columns.size() < 7 || columns[1] != "app") continue;
    ++servers;
    if (columns[5] == "2" && columns[6] == "0") ++running;
  }
  const bool drained = answers[1].bytes.find("region drain") != std::string::npos;
  const int status = http_of(answers[0]).status;
  result.role =
      fmt::format("{}, {} of {} applications", drained ? "drained" : "up", running, servers);
  healthy_if(
      status == 200, result, drained ? "drained" : fmt::format("/lb-health answers {}", status));
}

std::vector<Question> ask_edge(const HostRow& row) {
  return {ask_http(row.name, row.address + ":80", "/edge-health")};
}

void read_edge(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = region_of(row.site) + " edge";
  healthy_if(status == 200, result, fmt::format("/edge-health answers {}", status));
}

// ---- name service, users
// -----------------------------------------------------------------------------------------

/// Its view of both regions: what it answers a user of us-east (its default) and one of eu-west.
std::vector<Question> ask_name_server(const HostRow& row) {
  return {ask_dns(row.name, row.address + ":53", "api.novvista.test"),
          ask_dns(row.name, row.address + ":53", "api.novvista.test", "10.12"),
          ask_file(row.name, "root/run/lab/gdnsd/state/admin_state")};
}

void read_name_server(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result) {
  const std::string us = first_of(answers[0]);
  const std::string eu = first_of(answers[1]);
  const std::string forced = printable(trim(answers[2].bytes), 80);
  result.role = forced.empty() ? "name server" : "name server, drained: " + forced;
  if (us != home_balancer("us")) result.health = "sends us-east users to " + shown(us);
  if (eu != home_balancer("eu")) result.health = "sends eu-west users to " + shown(eu);
  if (result.health.empty()) healthy(result);
}

std::vector<Question> ask_resolver(const HostRow& row) {
  return {ask_dns(row.name, "127.0.0.1:53", "www.novvista.test"),
          ask_dns(row.name, "127.0.0.1:53", "api.novvista.test")};
}

void read_resolver(const PartPlan&,
                   const HostRow& row,
                   const Answers& answers,
                   PartHealth& result) {
  const std::string www = first_of(answers[0]);
  const std::string api = first_of(answers[1]);
  result.role = "resolver of " + region_of(row.site) + " users";
  if (www != host_row("edge-" + row.site).address) result.health = "www is " + shown(www);
  if (api != home_balancer(row.site)) result.health = "api is " + shown(api);
  if (result.health.empty()) healthy(result);
}

std::vector<Question> ask_front_door(const HostRow& row) {
  return {ask_http(
      row.name, host_row("edge-" + row.site).address + ":80", "/article/1", "www.novvista.test")};
}

void read_front_door(const PartPlan&,
                     const HostRow& row,
                     const Answers& answers,
                     PartHealth& result) {
  const HttpAnswer answer = http_of(answers[0]);
  const std::string region = answer.header("X-Region");
  result.role = "www at edge-" + row.site + (region.empty() ? "" : ", served by " + region);
  healthy_if(answer.status == 200, result, fmt::format("/article/1 answers {}", answer.status));
}

constexpr Kind kKinds[] = {
    {"router", ask_router, read_router},
    {"delay-out", ask_delay, read_delay},
    {"delay-in", ask_delay, read_delay},
    {"postgres", ask_postgres, read_postgres},
    {"redis", ask_denylist, read_denylist},
    {"app", ask_application, read_application},
    {"haproxy", ask_balancer, read_balancer},
    {"nginx", ask_edge, read_edge},
    {"gdnsd", ask_name_server, read_name_server},
    {"unbound", ask_resolver, read_resolver},
    {"front-door", ask_front_door, read_front_door},
};

const Kind& kind_of(const PartPlan& part) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) {
    return kind.part == part.ref.part;
  });
}

/// From process 1 of the host: does the part run, and as which process?
void read_init(const PartPlan& part, const Answer& answer, PartHealth& result) {
  if (!answer.ok()) {
    result.health =
        answer.error == "powered off" ? answer.error : "its host does not answer: " + answer.error;
    return;
  }
  const auto lines = split(answer.bytes, '\n');
  if (lines.front() != "0") {
    result.host_broken = true;
    result.health = lines.size() > 1 ? lines[1] : "its host is broken";
    return;
  }
  for (const std::string& line : lines) {
    const auto fields = split(line, '\t');
    if (fields.size() < 3 || fields[0] != part.ref.part) continue;
    result.pid_inside = std::atoi(fields[2].c_str());
    result.ended = fields[1].starts_with("ended");
    if (result.pid_inside == 0) result.health = result.ended ? fields[1] : "not started";
  }
}

}  // namespace

std::vector<Question> questions_about(const PartPlan& part) {
  std::vector<Question> questions = {ask_init(part.ref.host, "status")};
  const auto more = kind_of(part).ask(host_row(part.ref.host));
  questions.insert(questions.end(), more.begin(), more.end());
  return questions;
}

PartHealth judge(const PartPlan& part, const std::vector<Answer>& answers) {
  PartHealth result;
  read_init(part, answers.front(), result);
  const Answers own(answers.begin() + 1, answers.end());
  PartHealth read = result;
  kind_of(part).read(part, host_row(part.ref.host), own, read);
  if (!result.health.empty()) return result;  // it does not run: nothing it seems to answer counts
  if (!own.front().ok()) {
    read.healthy = false;
    read.health = own.front().error;
  }
  return read;
}

}  // namespace muster::lab
