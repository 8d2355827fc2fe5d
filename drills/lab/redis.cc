// Redis: the list of revoked tokens. Written to the primary in us-east, read from the replica next
// to each application.
#include "drills/lab/part_kinds.h"

namespace muster::lab {

void add_denylists(Plan& plan, const Machine&, const Settings& settings) {
  const std::vector<std::string> common = {
      "redis-server",
      "--port",
      "6379",
      "--bind",
      "0.0.0.0",
      "--protected-mode",
      "no",
      "--daemonize",
      "no",
      "--dir",
      "/run/lab",
      "--save",
      "",
      // Without it a primary that starts again is empty, and its replica becomes so: revoked tokens
      // are valid again, everywhere.
      "--appendonly",
      settings.at("denylist_persistence") == "on" ? "yes" : "no",
      "--tcp-keepalive",
      "2",
      // The default delay of 5 s before a first synchronisation would be most of the lab's start.
      "--repl-diskless-sync-delay",
      "0",
      "--repl-ping-replica-period",
      "1",
      "--repl-timeout",
      "5",
      // By default a stopped primary waits 10 s for a replica that is behind; the init of its host
      // kills after 3 s.
      "--shutdown-timeout",
      "1"};
  for (const std::string site : {"us", "eu"}) {
    PartPlan part{{"cache-" + site, "redis"}, "databases", common, "TERM", {}};
    if (site == "eu") {
      part.argv.insert(part.argv.end(), {"--replicaof", host_row("cache-us").address, "6379"});
      part.after.push_back({"cache-us", "redis"});
    }
    plan.parts.push_back(std::move(part));
  }
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

}  // namespace muster::lab
