// The users of each region: a resolver of their own (unbound), and what they see at the front door.
#include <fmt/format.h>

#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

/// local-zone: unbound answers NXDOMAIN for everything below .test unless told not to.
/// serve-expired: while no name server answers, an old answer is better than none; it is given only
/// after nearly two seconds of asking, so that a failover is never hidden by it.
std::string unbound_configuration(const HostRow& row, const Settings& settings) {
  return fmt::format(
      R"(server:
  interface: 127.0.0.1
  interface: {address}
  access-control: {allowed} allow
  serve-expired: {expired}
  serve-expired-ttl: 3600
  serve-expired-reply-ttl: {ttl}
  serve-expired-client-timeout: 1500
  username: ""
  chroot: ""
  directory: "/run/lab"
  pidfile: "/run/lab/unbound.own.pid"
  use-syslog: no
  do-ip6: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  local-zone: "test." nodefault
  cache-max-negative-ttl: {ttl}
  infra-host-ttl: 60
  msg-cache-size: 1m
  rrset-cache-size: 1m
remote-control:
  control-enable: yes
  control-interface: /run/lab/unbound.ctl
stub-zone:
  name: "novvista.test"
  stub-addr: {ns1}
  stub-addr: {ns2}
)",
      fmt::arg("address", row.address),
      fmt::arg("allowed",
               settings.at("second_resolver") == "on" ? "10.0.0.0/8" : row.address + "/32"),
      fmt::arg("expired", settings.at("serve_expired") == "on" ? "yes" : "no"),
      fmt::arg("ttl", settings.at("dns_ttl")),
      fmt::arg("ns1", host_row("ns1").address),
      fmt::arg("ns2", host_row("ns2").address));
}

}  // namespace

void add_users(Plan& plan, const Machine& machine, const Settings& settings) {
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("client-" + site);
    host.files["unbound.conf"] = unbound_configuration(host.row, settings);
    host.files["resolv.conf"] =
        fmt::format("nameserver 127.0.0.1\nnameserver {}\noptions timeout:1 attempts:2\n",
                    host_row("client-" + other_site(site)).address);
    host.setup.push_back({"cover", "/run/lab/resolv.conf", "/etc/resolv.conf"});
    // The lab's own authority, for users who want TLS.
    host.setup.push_back({"run", "cp", machine.certificates + "/ca.pem", "/run/lab/ca.pem"});
    const PartRef resolver{host.row.name, "unbound"};
    plan.parts.push_back({resolver,
                          "name service",
                          {"unbound", "-d", "-c", "/run/lab/unbound.conf"},
                          "TERM",
                          {{"ns1", "gdnsd"}, {"ns2", "gdnsd"}}});
    plan.parts.push_back({{host.row.name, "front-door"}, "users", {}, "TERM", {resolver}});
  }
}

std::vector<Question> ask_resolver(const HostRow& row) {
  return {ask_dns(row.name, "127.0.0.1:53", "www.novvista.test"),
          ask_dns(row.name, "127.0.0.1:53", "api.novvista.test")};
}

void read_resolver(const PartPlan&,
                   const HostRow& row,
                   const Answers& answers,
                   PartHealth& result) {
  const std::string www = first_address(answers[0]);
  const std::string api = first_address(answers[1]);
  result.role = "resolver of " + region_of(row.site) + " users";
  if (www != host_row("edge-" + row.site).address) result.health = "www is " + www;
  if (api != host_row("lb-" + row.site).address) result.health = "api is " + api;
  healthy_unless_told(result);
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

}  // namespace muster::lab
