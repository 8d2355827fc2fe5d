// HAProxy: one balancer a region, before the region's two applications. Its /lb-health is what the
// name servers look at; `set map /run/lab/flags.map region drain` turns it red while requests are
// still served: a graceful drain.
#include <fmt/format.h>

#include "base/text.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

/// Larger than any packet that a broken path lets through.
std::string large_answer() {
  std::string text = "ok\n";
  while (text.size() < 1200)
    text += "this answer is as large as a page, so that a check sees what pages need\n";
  return text;
}

std::string haproxy_configuration(const HostRow& row, const Settings& settings) {
  const std::string network = row.address.substr(0, row.address.rfind('.'));
  return fmt::format(
      R"(global
  stats socket /run/lab/haproxy.sock mode 600 level admin
  maxconn 2000
  nbthread 1

defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 5s
  timeout check 800ms
  retries 1
  option redispatch 1

frontend www
  bind {address}:80
  acl health path /lb-health
  acl dead nbsrv(app) lt 1
  acl drained str(region),map(/run/lab/flags.map,up) -m str drain
  http-request return status 503 content-type text/plain string "down" if health dead
  http-request return status 503 content-type text/plain string "drained" if {drain_of} drained
  http-request return status 200 content-type text/plain file /run/lab/health.txt if health
  http-response set-header X-LB {name}
  default_backend app

backend app
  balance roundrobin
  option httpchk GET /health
  default-server {check} maxconn 100
  server app1 {network}.11:8080
  server app2 {network}.12:8080

frontend stats
  bind {address}:8404
  http-request use-service prometheus-exporter if {{ path /metrics }}
  stats enable
  stats uri /
)",
      fmt::arg("address", row.address),
      fmt::arg("name", row.name),
      fmt::arg("network", network),
      fmt::arg("drain_of", settings.at("graceful_drain") == "on" ? "health" : "TRUE"),
      fmt::arg(
          "check",
          settings.at("balancer_check") == "on" ? "check inter 500ms fall 2 rise 2" : "no-check"));
}

}  // namespace

void add_balancers(Plan& plan, const Machine&, const Settings& settings) {
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("lb-" + site);
    host.files["haproxy.cfg"] = haproxy_configuration(host.row, settings);
    host.files["health.txt"] = settings.at("check_size") == "large" ? large_answer() : "ok\n";
    host.files["flags.map"] = "region up\n";
    // A server that fails its first check needs two good ones half a second apart: the applications
    // come first.
    plan.parts.push_back({{host.row.name, "haproxy"},
                          "balancers",
                          {"haproxy", "-db", "-f", "/run/lab/haproxy.cfg"},
                          "TERM",
                          {{"app1-" + site, "app"}, {"app2-" + site, "app"}}});
  }
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

}  // namespace muster::lab
