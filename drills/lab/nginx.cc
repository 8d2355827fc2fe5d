// nginx: the CDN edge of each region. Caches what the applications allow, serves stale content when
// the origin fails, and finds its origin by DNS, so that a failover moves it as well.
#include <fmt/format.h>

#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

/// Everything but its health: from the cache as long as it is fresh, else from the origin, or stale
/// where that fails.
std::string pages(const HostRow& row, bool stale) {
  return fmt::format(
      R"(    location / {{
      set $bypass 0;
      if (-f /run/lab/nginx/bypass) {{ set $bypass 1; }}
      proxy_cache_bypass $bypass;
      proxy_no_cache $bypass;

      set $origin origin.novvista.test;
      if ($uri ~ ^/objects/) {{ set $origin media.novvista.test; }}
      proxy_pass http://$origin;
      proxy_set_header Host www.novvista.test;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 1s;
      proxy_read_timeout 4s;
      proxy_next_upstream off;

      proxy_cache cdn;
      proxy_cache_key $uri;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 2s;
      proxy_cache_revalidate on;
      proxy_cache_use_stale {stale};
      proxy_cache_background_update {background};
      add_header X-Cache $upstream_cache_status always;
      add_header X-Edge {name} always;
    }}
)",
      fmt::arg("name", row.name),
      fmt::arg(
          "stale",
          stale ? "error timeout updating http_403 http_500 http_502 http_503 http_504" : "off"),
      fmt::arg("background", stale ? "on" : "off"));
}

std::string nginx_configuration(const HostRow& row, bool stale) {
  const std::string near = host_row(row.site == "us" ? "ns1" : "ns2").address;
  const std::string far = host_row(row.site == "us" ? "ns2" : "ns1").address;
  return fmt::format(
      R"(daemon off;
worker_processes 1;
user root root;
pid /run/lab/nginx/nginx.pid;
error_log /run/lab/nginx/error.log warn;
events {{ worker_connections 512; }}

http {{
  access_log off;
  proxy_cache_path /run/lab/nginx/cache levels=1:2 keys_zone=cdn:8m max_size=32m inactive=10m use_temp_path=off;
  client_body_temp_path /run/lab/nginx/body;
  proxy_temp_path /run/lab/nginx/proxy;
  fastcgi_temp_path /run/lab/nginx/fastcgi;
  uwsgi_temp_path /run/lab/nginx/uwsgi;
  scgi_temp_path /run/lab/nginx/scgi;
  resolver {near} {far} ipv6=off;
  resolver_timeout 2s;

  server {{
    listen {address}:80;
    listen 443 ssl;
    ssl_certificate /run/lab/tls/edge.pem;
    ssl_certificate_key /run/lab/tls/edge.key;
    ssl_session_cache off;
    location = /edge-health {{ return 200 "ok\n"; }}
{pages}  }}

  server {{
    listen 127.0.0.1:8081;
    location = /status {{ stub_status; }}
  }}
}}
)",
      fmt::arg("near", near),
      fmt::arg("far", far),
      fmt::arg("address", row.address),
      fmt::arg("pages", pages(row, stale)));
}

}  // namespace

void add_edges(Plan& plan, const Machine& machine, const Settings& settings) {
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("edge-" + site);
    host.files["nginx/nginx.conf"] =
        nginx_configuration(host.row, settings.at("edge_stale") == "on");
    host.setup.push_back({"folder", "/run/lab/tls"});
    host.setup.push_back({"run", "cp", "-a", machine.certificates + "/.", "/run/lab/tls"});
    plan.parts.push_back({{host.row.name, "nginx"},
                          "edges",
                          {"nginx", "-c", "/run/lab/nginx/nginx.conf", "-e", "stderr"},
                          "TERM",
                          {}});
  }
}

std::vector<Question> ask_edge(const HostRow& row) {
  return {ask_http(row.name, row.address + ":80", "/edge-health")};
}

void read_edge(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = region_of(row.site) + " edge";
  healthy_if(status == 200, result, fmt::format("/edge-health answers {}", status));
}

}  // namespace muster::lab
