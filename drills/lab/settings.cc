#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "drills/lab/plan.h"

namespace muster {

const std::vector<LabSetting>& lab_settings() {
  static const std::vector<LabSetting> settings = {
      {"dns_ttl", "6", "seconds that an answer of the name servers may be kept"},
      {"check_interval", "2", "seconds between two looks of a name server at a region (2 to 3600)"},
      {"check_fall", "2", "failed looks in a row before a name server takes a region out"},
      {"health_check", "on", "off: the name servers never look, every region always counts as up"},
      {"balancer_check",
       "on",
       "off: the balancers never look, every application always counts as up"},
      {"wan_delay", "40ms", "one way between the regions; 0 for none"},
      {"write_slots",
       "3",
       "writes an application lets wait at a time; 0: any number, which can block all its workers"},
      {"deny_mode",
       "closed",
       "when the list of revoked tokens cannot be read: closed refuses, open lets in"},
      {"s_maxage", "5", "seconds that an edge may keep an article"},
      {"edge_stale", "on", "off: an edge whose origin fails does not answer with what it has"},
      {"check_size",
       "large",
       "small: the health of a region is asked for by an answer smaller than any page"},
      {"graceful_drain", "on", "off: a balancer that is drained refuses everybody at once"},
      {"app_health",
       "deep",
       "shallow: an application says it is healthy without looking at its database"},
      {"page_cost", "0", "milliseconds that an application is busy with an article"},
      {"deny_cache", "0", "seconds for which an application does not ask again about a token"},
      {"denylist_persistence", "on", "off: a list of revoked tokens that restarts is empty"},
      {"token_leeway", "60", "seconds that clocks may differ until tokens are refused"},
      {"serve_expired",
       "on",
       "off: a resolver without name servers answers nothing once the TTL is over"},
      {"second_resolver", "on", "off: the resolver of the other region refuses these users"},
      {"object_store", "webdav", "s3: real S3 buckets (s3rver and rclone) instead of files"},
      {"monitors", "both", "own: each region's monitoring looks at its own region only"},
      {"alerts",
       "on",
       "late: only for what has lasted ten minutes; hasty: who sees nothing calls regions down"},
      {"replica_apply_delay",
       "0",
       "how long the standby waits before it applies a change, such as 5s"},
      {"replica_reconnect",
       "500ms",
       "how long a standby that lost its primary waits before it tries again"},
      {"fencing",
       "on",
       "off: an old primary that starts again is a second one, even where its peer was promoted"},
      {"db_keepalives", "on", "off: a database never asks whether a silent client is still there"},
      {"db_connections",
       "120",
       "that a database accepts; the applications keep up to 48 of the primary's"},
      {"query_timeout", "1500ms", "how long an application waits for a database's answer"},
  };
  return settings;
}

namespace lab {

namespace {

bool is_number_between(const std::string& text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= least &&
         number <= most;
}

/// Settings that are one of a few words.
struct Words {
  std::string_view name;
  std::vector<std::string> allowed;
};
const std::vector<Words> kWords = {{"deny_mode", {"closed", "open"}},
                                   {"check_size", {"large", "small"}},
                                   {"app_health", {"deep", "shallow"}},
                                   {"object_store", {"webdav", "s3"}},
                                   {"monitors", {"both", "own"}},
                                   {"alerts", {"on", "late", "hasty"}}};

/// What the value should have been, or "" if it is right.
std::string complaint(const std::string& name, const std::string& value) {
  const bool on_off = value == "on" || value == "off";
  for (const LabSetting& setting : lab_settings())
    if (setting.name == name && setting.fallback == "on" && name != "alerts")
      return on_off ? "" : "on or off";
  for (const Words& words : kWords)
    if (words.name == name)
      return std::ranges::find(words.allowed, value) == words.allowed.end()
                 ? join(words.allowed, " or ")
                 : "";
  if (name == "wan_delay" || name == "replica_apply_delay" || name == "replica_reconnect" ||
      name == "query_timeout") {
    const auto length = parse_duration(value);
    return length && *length < std::chrono::minutes(10)
               ? ""
               : "a duration such as 40ms, below 10 minutes";
  }
  const int least = name == "check_interval"   ? 2
                    : name == "check_fall"     ? 1
                    : name == "db_connections" ? 20
                                               : 0;
  return is_number_between(value, least, 3600)
             ? ""
             : fmt::format("a whole number from {} to 3600", least);
}

}  // namespace

Settings checked_settings(const std::map<std::string, std::string>& given) {
  Settings settings;
  std::vector<std::string> names;
  for (const LabSetting& setting : lab_settings()) {
    settings.emplace(setting.name, setting.fallback);
    names.emplace_back(setting.name);
  }
  for (const auto& [name, value] : given) {
    if (!settings.contains(name)) {
      const std::string near = nearest(name, names);
      throw UsageError(fmt::format("the lab has no setting '{}'{}; it has: {}",
                                   name,
                                   near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near),
                                   join(names, ", ")));
    }
    if (const std::string wanted = complaint(name, value); !wanted.empty())
      throw UsageError(
          fmt::format("lab setting {}={}: not {}", name, printable(value, 40), wanted));
    settings[name] = value;
  }
  return settings;
}

}  // namespace lab
}  // namespace muster
