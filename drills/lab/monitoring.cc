// Monitoring: a Prometheus in each region, with a blackbox exporter that looks at the front doors
// of both regions as a user would.
#include <fmt/format.h>

#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

constexpr std::string_view kPort = "9090";
constexpr std::string_view kProberPort = "9115";

std::string target(const std::string& url, const std::string& site) {
  return fmt::format("  - {{targets: [\"{}\"], labels: {{region: {}}}}}\n", url, region_of(site));
}

/// Targets of the blackbox exporter, which is asked in their place.
std::string looked_at(std::string_view job,
                      std::string_view module,
                      std::string_view every,
                      const std::string& targets) {
  return fmt::format(
      R"(- job_name: {}
  scrape_interval: {}
  metrics_path: /probe
  params: {{module: [{}]}}
  static_configs:
{}  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{target_label: __address__, replacement: "127.0.0.1:{}"}}
)",
      job,
      every,
      module,
      targets,
      kProberPort);
}

std::string monitoring_configuration(const HostRow& row, const Settings& settings) {
  const bool both = settings.at("monitors") == "both";
  std::string doors;
  std::string stores;
  std::string certificates;
  for (const std::string site : {"us", "eu"}) {
    if (!both && site != row.site) continue;
    doors += target(fmt::format("http://{}/lb-health", host_row("lb-" + site).address), site);
    stores += target(fmt::format("http://{}/health", host_row("obj-" + site).address), site);
    certificates +=
        target(fmt::format("https://{}/edge-health", host_row("edge-" + site).address), site);
  }
  return fmt::format(
             R"(global: {{scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}}
rule_files: [/run/lab/rules.yml]
scrape_configs:
- job_name: balancer
  params: {{scope: [frontend, server]}}
  static_configs:
{}- job_name: app
  static_configs:
{})",
             target(host_row("lb-" + row.site).address + ":8404", row.site),
             target(host_row("app1-" + row.site).address + ":8080", row.site) +
                 target(host_row("app2-" + row.site).address + ":8080", row.site)) +
         looked_at("front-doors", "health", "1s", doors) +
         looked_at("object-stores", "health", "2s", stores) +
         looked_at("certificates", "certificate", "2s", certificates);
}

std::string rule(std::string_view name, std::string_view expression, std::string_view lasting) {
  return fmt::format("  - {{alert: {}, expr: '{}', for: {}, labels: {{severity: page}}}}\n",
                     name,
                     expression,
                     lasting);
}

/// How long something has to last before an alert fires is the setting that is wrong most often.
std::string rules(const std::string& alerts) {
  const std::string lasting = alerts == "late" ? "10m" : "2s";
  // Who sees nothing at all knows nothing of any region, and has to say that instead.
  const std::string seeing = alerts == "hasty" ? "" : " and on() max(probe_success) > 0";
  std::string text = "groups:\n- name: novvista\n  rules:\n";
  text += rule("RegionDown", "probe_success{job=\"front-doors\"} == 0" + seeing, lasting);
  text += rule("MonitoringBlind", "max(probe_success) == 0", lasting);
  // A region that answers most of the time is down for the rest: no run of failures shows it.
  text +=
      rule("RegionFlaky", "avg_over_time(probe_success{job=\"front-doors\"}[8s]) < 0.95", lasting);
  text += rule("ObjectStoreDown", "probe_success{job=\"object-stores\"} == 0", lasting);
  text += rule("CertificateExpires",
               "probe_ssl_earliest_cert_expiry{job=\"certificates\"} - time() < 86400 * 3",
               lasting);
  return text;
}

constexpr const char* kModules = R"(modules:
  health:
    prober: http
    timeout: 800ms
    http: {valid_status_codes: [200], preferred_ip_protocol: ip4}
  certificate:
    prober: http
    timeout: 800ms
    http:
      valid_status_codes: [200]
      preferred_ip_protocol: ip4
      tls_config: {server_name: www.novvista.test, insecure_skip_verify: true}
)";

}  // namespace

void add_monitors(Plan& plan, const Machine&, const Settings& settings) {
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("mon-" + site);
    host.files["prometheus.yml"] = monitoring_configuration(host.row, settings);
    host.files["rules.yml"] = rules(settings.at("alerts"));
    host.files["blackbox.yml"] = kModules;
    // Prometheus looks its own name up when it starts, and waits ten seconds for a resolver.
    host.files["hosts"] =
        fmt::format("127.0.0.1 localhost\n{} {}\n", host.row.address, host.row.name);
    host.setup.push_back({"cover", "/run/lab/hosts", "/etc/hosts"});
    // Go takes what it is given: one thread and early collections keep each below 50 MB.
    const std::vector<std::string> small = {"env", "GOMAXPROCS=1", "GOGC=40"};
    const auto add = [&](std::string name, std::vector<std::string> rest) {
      std::vector<std::string> argv = small;
      argv.insert(argv.end(), rest.begin(), rest.end());
      plan.parts.push_back({{host.row.name, std::move(name)},
                            "monitoring",
                            argv,
                            "TERM",
                            {{"client-us", "front-door"}, {"client-eu", "front-door"}}});
    };
    add("blackbox",
        {"prometheus-blackbox-exporter",
         "--config.file=/run/lab/blackbox.yml",
         fmt::format("--web.listen-address=127.0.0.1:{}", kProberPort)});
    add("prometheus",
        {"prometheus",
         "--config.file=/run/lab/prometheus.yml",
         "--storage.tsdb.path=/run/lab/prometheus",
         "--storage.tsdb.retention.time=2h",
         fmt::format("--web.listen-address={}:{}", host.row.address, kPort)});
  }
}

std::vector<Question> ask_prometheus(const HostRow& row) {
  return {ask_http(row.name, fmt::format("{}:{}", row.address, kPort), "/-/ready")};
}

void read_prometheus(const PartPlan&,
                     const HostRow& row,
                     const Answers& answers,
                     PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = region_of(row.site) + " monitoring";
  healthy_if(status == 200, result, fmt::format("/-/ready answers {}", status));
}

std::vector<Question> ask_blackbox(const HostRow& row) {
  return {ask_http(row.name, fmt::format("127.0.0.1:{}", kProberPort), "/-/healthy")};
}

void read_blackbox(const PartPlan&,
                   const HostRow& row,
                   const Answers& answers,
                   PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = "looks at front doors from " + region_of(row.site);
  healthy_if(status == 200, result, fmt::format("/-/healthy answers {}", status));
}

}  // namespace muster::lab
