// gdnsd: the two name servers of novvista.test. Each looks at both regions for itself and answers
// every user with the nearest one that is up.
#include <fmt/format.h>

#include "base/text.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

std::string service_type(std::string_view name, std::string_view path, const Settings& settings) {
  return fmt::format(
      "  {} => {{ plugin => http_status, port => 80, url_path => {}, interval => {}, timeout => 1, "
      "down_thresh => {}, up_thresh => 2, ok_thresh => 2 }}\n",
      name,
      path,
      settings.at("check_interval"),
      settings.at("check_fall"));
}

/// min_ttl: gdnsd's own default of 5 s would overrule a smaller TTL.
std::string gdnsd_configuration(const HostRow& row, const Settings& settings) {
  const bool looks = settings.at("health_check") == "on";
  return fmt::format(
      R"(options => {{
  listen => {address}, run_dir => /run/lab/gdnsd/run, state_dir => /run/lab/gdnsd/state,
  min_ttl => 0, udp_threads => 1, tcp_threads => 1
}}
service_types => {{
{types}}}
plugins => {{ geoip => {{
  maps => {{ geo => {{
    datacenters => [us, eu],
    nets => {{ 10.12.0.0/16 => [eu, us], 10.22.0.0/16 => [eu, us], 10.2.0.0/16 => [eu, us] }}
  }} }}
  resources => {{
    origin => {{ map => geo, service_types => {region}, dcmap => {{ us => {lb_us}, eu => {lb_eu} }} }}
    www => {{ map => geo, service_types => {edge}, dcmap => {{ us => {edge_us}, eu => {edge_eu} }} }}
    media => {{ map => geo, service_types => {object}, dcmap => {{ us => {obj_us}, eu => {obj_eu} }} }}
  }}
}} }}
)",
      fmt::arg("address", row.address),
      fmt::arg("types",
               service_type("region", "/lb-health", settings) +
                   service_type("edge", "/edge-health", settings) +
                   service_type("object", "/health", settings)),
      fmt::arg("region", looks ? "region" : "up"),
      fmt::arg("edge", looks ? "edge" : "up"),
      fmt::arg("object", looks ? "object" : "up"),
      fmt::arg("obj_us", host_row("obj-us").address),
      fmt::arg("obj_eu", host_row("obj-eu").address),
      fmt::arg("lb_us", host_row("lb-us").address),
      fmt::arg("lb_eu", host_row("lb-eu").address),
      fmt::arg("edge_us", host_row("edge-us").address),
      fmt::arg("edge_eu", host_row("edge-eu").address));
}

/// "6/6": the TTL is fixed; with one number gdnsd lowers it near a transition. "both" has the
/// addresses of both regions, whatever is up: what is left to the user's own program.
std::string zone(const std::string& ttl) {
  return fmt::format(
      R"($TTL 60
@      SOA ns1 hostmaster ( 1 60 60 600 {0} )
@      NS ns1
@      NS ns2
ns1    A {1}
ns2    A {2}
www    {0}/{0} DYNA geoip!www
api    {0}/{0} DYNA geoip!origin
origin {0}/{0} DYNA geoip!origin
media  {0}/{0} DYNA geoip!media
us     {0}/{0} DYNA geoip!origin/us
eu     {0}/{0} DYNA geoip!origin/eu
media-us A {5}
media-eu A {6}
both   {0} A {3}
both   {0} A {4}
)",
      ttl,
      host_row("ns1").address,
      host_row("ns2").address,
      host_row("lb-us").address,
      host_row("lb-eu").address,
      host_row("obj-us").address,
      host_row("obj-eu").address);
}

}  // namespace

void add_name_servers(Plan& plan, const Machine&, const Settings& settings) {
  for (const std::string name : {"ns1", "ns2"}) {
    HostPlan& host = plan.host(name);
    host.files["gdnsd/etc/config"] = gdnsd_configuration(host.row, settings);
    host.files["gdnsd/etc/zones/novvista.test"] = zone(settings.at("dns_ttl"));
    host.setup.push_back({"folder", "/run/lab/gdnsd/run"});
    host.setup.push_back({"folder", "/run/lab/gdnsd/state"});
    // Its first round of checks comes before its first answer: what is not up by then starts as
    // down.
    plan.parts.push_back({{name, "gdnsd"},
                          "name service",
                          {"gdnsd", "-c", "/run/lab/gdnsd/etc", "start"},
                          "TERM",
                          {{"lb-us", "haproxy"},
                           {"lb-eu", "haproxy"},
                           {"edge-us", "nginx"},
                           {"edge-eu", "nginx"},
                           {"obj-us", "objects"},
                           {"obj-eu", "objects"}}});
  }
}

/// Its view of both regions: what it answers a user of us-east (its default) and one of eu-west.
std::vector<Question> ask_name_server(const HostRow& row) {
  return {ask_dns(row.name, row.address + ":53", "api.novvista.test"),
          ask_dns(row.name, row.address + ":53", "api.novvista.test", "10.12"),
          ask_file(row.name, "root/run/lab/gdnsd/state/admin_state")};
}

void read_name_server(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result) {
  const std::string us = first_address(answers[0]);
  const std::string eu = first_address(answers[1]);
  const std::string forced = printable(trim(answers[2].bytes), 80);
  result.role = forced.empty() ? "name server" : "name server, drained: " + forced;
  if (us != host_row("lb-us").address) result.health = "sends us-east users to " + us;
  if (eu != host_row("lb-eu").address) result.health = "sends eu-west users to " + eu;
  healthy_unless_told(result);
}

}  // namespace muster::lab
