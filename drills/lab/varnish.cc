// Varnish: a second cache on each edge, for whoever purges by tag: `PURGE` with the header
// `xkey: article-7` takes out every page that carries the tag. It knows both balancers and asks the
// nearest that is up, by its own checks: its origin does not follow DNS.
#include <fmt/format.h>

#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

constexpr std::string_view kPort = "6081";

std::string backend(const HostRow& balancer) {
  return fmt::format(
      "backend {} {{ .host = \"{}\"; .port = \"80\"; .probe = region; .connect_timeout = 1s; "
      ".first_byte_timeout = 4s; }}\n",
      balancer.site,
      balancer.address);
}

std::string varnish_configuration(const HostRow& row, std::string_view grace) {
  return fmt::format(
      R"(vcl 4.1;
import directors;
import xkey;

probe region {{
  .url = "/lb-health"; .interval = 1s; .timeout = 1s; .window = 3; .threshold = 2; .initial = 2;
}}
{us}{eu}acl purgers {{ "127.0.0.1"; "10.0.0.0"/8; }}

sub vcl_init {{
  new origin = directors.fallback();
  origin.add_backend({near});
  origin.add_backend({far});
}}

sub vcl_recv {{
  set req.backend_hint = origin.backend();
  if (req.url == "/edge-health") {{ return (synth(200, "ok")); }}
  if (req.method == "PURGE") {{
    if (client.ip !~ purgers) {{ return (synth(403, "not from here")); }}
    if (!req.http.xkey) {{ return (synth(400, "which xkey?")); }}
    set req.http.n-purged = xkey.purge(req.http.xkey);
    return (synth(200, "purged " + req.http.n-purged));
  }}
}}

sub vcl_backend_response {{ set beresp.grace = {grace}; }}

sub vcl_deliver {{
  set resp.http.X-Edge = "{name}";
  if (obj.hits > 0) {{
    set resp.http.X-Cache = "HIT";
    if (obj.ttl <= 0s) {{ set resp.http.X-Cache = "STALE"; }}
  }} else {{
    set resp.http.X-Cache = "MISS";
  }}
}}
)",
      fmt::arg("us", backend(host_row("lb-us"))),
      fmt::arg("eu", backend(host_row("lb-eu"))),
      fmt::arg("near", row.site),
      fmt::arg("far", other_site(row.site)),
      fmt::arg("grace", grace),
      fmt::arg("name", row.name));
}

}  // namespace

void add_tag_caches(Plan& plan, const Machine&, const Settings& settings) {
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("edge-" + site);
    const bool stale = settings.at("edge_stale") == "on";
    host.files["varnish.vcl"] = varnish_configuration(host.row, stale ? "10m" : "0s");
    host.setup.push_back({"folder", "/run/lab/varnish"});
    // A log of 1 MB instead of 80, few threads, and a configuration compiled without optimizing: it
    // is small, and starts in half a second. No jail: that wants to become another user.
    plan.parts.push_back({{host.row.name, "varnish"},
                          "edges",
                          {"varnishd", "-F",
                           "-j",       "none",
                           "-n",       "/run/lab/varnish",
                           "-a",       fmt::format("{}:{}", host.row.address, kPort),
                           "-f",       "/run/lab/varnish.vcl",
                           "-s",       "malloc,16m",
                           "-T",       "none",
                           "-p",       "vsl_space=1M",
                           "-p",       "thread_pools=1",
                           "-p",       "thread_pool_min=10",
                           "-p",       "thread_pool_max=100",
                           "-p",       "cc_command=%D -O0 -g0"},
                          "TERM",
                          // It compiles its configuration: better when nothing waits for it.
                          {{"client-us", "front-door"}, {"client-eu", "front-door"}}});
  }
}

std::vector<Question> ask_tag_cache(const HostRow& row) {
  return {ask_http(row.name, fmt::format("{}:{}", row.address, kPort), "/edge-health")};
}

void read_tag_cache(const PartPlan&,
                    const HostRow& row,
                    const Answers& answers,
                    PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = region_of(row.site) + " edge, purged by tag";
  healthy_if(status == 200, result, fmt::format("/edge-health answers {}", status));
}

}  // namespace muster::lab
