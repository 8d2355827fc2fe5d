// The NovVista application: reads from the database and denylist of its own region, writes to the
// primary.
#include <fmt/format.h>

#include "base/time.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

constexpr std::string_view kPatience =
    "connect_timeout=2 tcp_user_timeout=2000 keepalives_idle=1 keepalives_interval=1 "
    "keepalives_count=2";

std::string milliseconds(const std::string& duration) {
  const auto length = std::chrono::floor<std::chrono::milliseconds>(*parse_duration(duration));
  return fmt::format("{}", length.count());
}

std::vector<std::string> application(const Machine& machine,
                                     const Settings& settings,
                                     const HostRow& row) {
  const std::string local_database = host_row("db-" + row.site).address;
  const std::string primary = host_row("db-us").address;
  const std::string standby = host_row("db-eu").address;
  return {
      // The application's clock can be set by a file, and nobody else's.
      "env",
      "LD_PRELOAD=" + machine.faketime,
      "FAKETIME_TIMESTAMP_FILE=/run/lab/clock",
      "FAKETIME_CACHE_DURATION=1",
      "DONT_FAKE_MONOTONIC=1",
      machine.programs + "/muster-lab-app",
      "--region",
      region_of(row.site),
      "--name",
      row.name,
      "--port",
      "8080",
      "--workers",
      "8",
      "--pg-read",
      fmt::format("host={} user=app dbname=postgres {}", local_database, kPatience),
      // Whichever of the two takes writes: a promoted standby is found without a change here.
      "--pg-write",
      fmt::format("host={},{} user=app dbname=postgres target_session_attrs=read-write {}",
                  primary,
                  standby,
                  kPatience),
      "--redis-read",
      host_row("cache-" + row.site).address + ":6379",
      "--redis-write",
      host_row("cache-us").address + ":6379",
      "--deny-mode",
      settings.at("deny_mode"),
      "--s-maxage",
      settings.at("s_maxage"),
      "--write-slots",
      settings.at("write_slots"),
      "--leeway",
      settings.at("token_leeway"),
      "--deny-cache",
      settings.at("deny_cache"),
      "--page-cost",
      settings.at("page_cost"),
      "--health",
      settings.at("app_health"),
      "--query-timeout",
      milliseconds(settings.at("query_timeout")),
  };
}

}  // namespace

void add_applications(Plan& plan, const Machine& machine, const Settings& settings) {
  for (const HostRow& row : topology())
    if (row.role == "app") {
      plan.host(row.name).files["clock"] = "+0\n";
      plan.parts.push_back({{row.name, "app"},
                            "applications",
                            application(machine, settings, row),
                            "TERM",
                            // Each worker connects to the primary once, when it starts: what is
                            // left to the first writes would make them wait for each other's slots.
                            {{"db-us", "postgres"}, {"db-eu", "postgres"}}});
    }
}

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

}  // namespace muster::lab
