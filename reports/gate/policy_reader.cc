#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/signature.h"
#include "base/text.h"
#include "drills/fields.h"
#include "drills/header.h"
#include "drills/values.h"
#include "reports/gate/policy.h"
#include "reports/gate/policy_tables.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

template <class Value>
std::vector<std::string> keys_of(const std::map<std::string, Value>& named) {
  std::vector<std::string> keys;
  keys.reserve(named.size());
  for (const auto& [key, value] : named) keys.push_back(key);
  return keys;
}

std::string text_if_any(const Params& params, std::string_view key) {
  return params.has(key) ? params.text(key) : "";
}

/// A day counts from its beginning. Nothing where `text` is neither a day nor an instant, to the
/// letter.
std::optional<UtcTime> end_of_waiver(const std::string& text) {
  constexpr std::size_t kDay = std::string_view("2026-12-10").size();
  constexpr std::size_t kSecond = std::string_view("2026-12-10T12:00:00").size();
  const bool is_day = text.size() == kDay;
  const auto at = parse_utc(is_day ? text + "T00:00:00Z" : text);
  const std::size_t exact = is_day ? kDay : kSecond;
  if (!at || text.size() < exact || !format_utc(*at).starts_with(text.substr(0, exact)))
    return std::nullopt;
  return at;
}

class PolicyReader {
 public:
  PolicyReader(const YamlNode& root, UtcTime now, GatePolicy& policy, Reading& reading)
      : root_(root), now_(now), policy_(policy), reading_(reading) {}

  void read() {
    const Params top = read_fields(policy_fields(),
                                   root_,
                                   {"the policy", root_.where},
                                   no_names_,
                                   reading_,
                                   {"services", "waivers"});
    if (top.has("max_age")) max_age_ = top.duration("max_age");
    read_trusted_keys(top);
    read_services();
    read_waivers();
  }

 private:
  void read_trusted_keys(const Params& top) {
    const std::vector<std::string> files = top.list("trusted_keys");
    for (std::size_t i = 0; i < files.size(); ++i) {
      policy_.trusted_keys.push_back(whole_path(files[i]));
      try {
        TrustedKeys().add(policy_.trusted_keys.back());
      } catch (const Error& error) {
        reading_.report(top.place(fmt::format("trusted_keys.{}", i)), error.message());
      }
    }
  }

  void read_services() {
    const YamlEntry* entry = root_.find("services");
    if (entry == nullptr || entry->value.is_nothing()) {
      reading_.report(entry == nullptr ? root_.where : entry->where,
                      "a gate policy needs 'services'",
                      "services: {web: {production: [drain-us-east]}}");
      return;
    }
    if (!expect_map(entry->value, {"'services'", entry->where}, reading_)) return;
    for (const YamlEntry& service : entry->value.entries) {
      expect_name(service, "under 'services'", reading_);
      read_service(service);
    }
  }

  void read_service(const YamlEntry& service) {
    const std::string owner = fmt::format("service '{}'", service.key);
    if (!expect_map(service.value, {owner, service.where}, reading_)) return;
    if (service.value.entries.empty() && !service.value.broken)
      reading_.report(service.where,
                      fmt::format("{} names no environment", owner),
                      fmt::format("{}: {{production: [drain-us-east]}}", service.key));
    for (const YamlEntry& environment : service.value.entries) {
      expect_name(environment, fmt::format("of {}", owner), reading_);
      policy_.services[service.key][environment.key] = read_drills(environment);
    }
  }

  std::vector<PolicyDrill> read_drills(const YamlEntry& environment) {
    std::vector<PolicyDrill> drills;
    constexpr std::string_view kHint = "write the drills that it needs: [drain-us-east]";
    if (!expect_list(environment, kHint, reading_)) return drills;
    if (environment.value.items.empty())
      reading_.report(environment.value.where,
                      fmt::format("'{}' asks for no drill", environment.key),
                      "leave it out, and it is denied; a gate that asks for nothing is none");
    for (const YamlNode& item : environment.value.items) {
      PolicyDrill drill = read_drill(item, environment.key);
      const bool twice = std::ranges::any_of(
          drills, [&](const PolicyDrill& other) { return other.drill == drill.drill; });
      if (twice && !drill.drill.empty())
        reading_.report(item.where, fmt::format("the drill '{}' is named twice", drill.drill));
      drills.push_back(std::move(drill));
    }
    return drills;
  }

  PolicyDrill read_drill(const YamlNode& item, const std::string& environment) {
    PolicyDrill drill;
    drill.where = item.where;
    drill.environment = environment;
    drill.max_age = max_age_;
    if (!item.is_scalar()) {
      read_drill_fields(item, drill);
    } else if (is_name(item.text)) {
      drill.drill = item.text;
    } else if (!item.broken) {
      reading_.report(
          item.where,
          fmt::format("the name of a drill must be {}, not {}", expected(Type::Name), item.shown()),
          value_hint(Type::Name, item.text));
    }
    return drill;
  }

  void read_drill_fields(const YamlNode& item, PolicyDrill& drill) {
    const Params params = read_fields(
        policy_drill_fields(), item, {"a drill of the policy", item.where}, no_names_, reading_);
    drill.drill = text_if_any(params, "drill");
    if (params.has("max_age")) drill.max_age = params.duration("max_age");
    if (params.has("environment")) drill.environment = params.text("environment");
    drill.version_must_match = text_if_any(params, "version") == "must_match";
    drill.configuration_must_match = text_if_any(params, "configuration") == "must_match";
    drill.no_regression = params.has("no_regression") && params.flag("no_regression");
    if (params.has("least_changes"))
      drill.least_changes = static_cast<std::size_t>(params.integer("least_changes"));
    drill.playbook = read_path(params, "playbook");
    drill.stack = read_path(params, "stack");
    const Params set = params.object("set");
    for (const auto& [name, value] : set.values()) drill.set[name] = set.text(name);
    if (!drill.set.empty() && drill.playbook.empty())
      reading_.report(item.where,
                      "'set' goes with 'playbook': it is about the variables of one",
                      "add the playbook's file");
  }

  void read_waivers() {
    const YamlEntry* entry = root_.find("waivers");
    if (entry == nullptr) return;
    if (!expect_list(*entry, "write one item for each waiver", reading_)) return;
    for (const YamlNode& item : entry->value.items) read_waiver(item);
  }

  void read_waiver(const YamlNode& item) {
    const Params params =
        read_fields(waiver_fields(), item, {"a waiver", item.where}, no_names_, reading_);
    Waiver waiver;
    waiver.drill = text_if_any(params, "drill");
    waiver.service = text_if_any(params, "service");
    waiver.environment = text_if_any(params, "environment");
    waiver.owner = text_if_any(params, "owner");
    waiver.reason = text_if_any(params, "reason");
    const bool ends = read_end(params, waiver);
    const bool about_something = refers_to_a_drill(params, waiver);
    if (ends && about_something) policy_.waivers.push_back(std::move(waiver));
  }

  bool read_end(const Params& params, Waiver& waiver) {
    if (!params.has("expires")) return false;
    const std::string text = params.text("expires");
    const auto end = end_of_waiver(text);
    if (!end) {
      reading_.report(
          params.place("expires"),
          fmt::format("'expires' of a waiver must be a day or an instant in UTC, not '{}'",
                      printable(text, 60)),
          "like 2026-12-10 or 2026-12-10T12:00:00Z");
      return false;
    }
    if (*end > now_ + std::chrono::duration_cast<std::chrono::microseconds>(kLongestWaiver)) {
      reading_.report(params.place("expires"),
                      fmt::format("a waiver ends within {} days; this one ends at {}",
                                  kLongestWaiver / std::chrono::hours(24),
                                  format_utc(*end)),
                      "renew it when that time has come, or mend what is wrong");
      return false;
    }
    waiver.expires = *end;
    return true;
  }

  /// A misspelt waiver would surprise on the day that it is needed.
  bool refers_to_a_drill(const Params& params, const Waiver& waiver) {
    const auto is_there = [&](std::string_view key, const std::vector<std::string>& known) {
      const std::string name = text_if_any(params, key);
      if (name.empty()) return false;
      if (std::ranges::find(known, name) != known.end()) return true;
      reading_.report(params.place(key),
                      fmt::format("the policy has no {} '{}' that could be waived", key, name),
                      suggestion(name, known));
      return false;
    };
    const auto service = policy_.services.find(waiver.service);
    if (!is_there("service", keys_of(policy_.services))) return false;
    const auto environment = service->second.find(waiver.environment);
    if (!is_there("environment", keys_of(service->second))) return false;
    std::vector<std::string> drills;
    drills.reserve(environment->second.size());
    for (const PolicyDrill& line : environment->second) drills.push_back(line.drill);
    return is_there("drill", drills);
  }

  /// Of a file that is there.
  std::string read_path(const Params& params, std::string_view key) {
    const std::string written = text_if_any(params, key);
    if (!params.has(key)) return "";
    std::string path = whole_path(written);
    std::error_code problem;
    if (!fs::is_regular_file(path, problem))
      reading_.report(params.place(key), fmt::format("there is no file '{}'", printable(path)));
    return path;
  }

  std::string whole_path(const std::string& path) const {
    return (fs::absolute(policy_.file).parent_path() / path).lexically_normal().string();
  }

  const YamlNode& root_;
  UtcTime now_;
  GatePolicy& policy_;
  Reading& reading_;
  Names no_names_;
  Duration max_age_ = kUsualMaxAge;
};

GatePolicy policy_of(const Source* source, const std::string& file, UtcTime now, Reading& reading) {
  GatePolicy policy;
  policy.file = file;
  const auto root = source == nullptr ? std::nullopt : read_yaml(*source, reading);
  if (root && expect_header(*root, "muster_gate", "gate policy", reading))
    PolicyReader(*root, now, policy, reading).read();
  reading.finish();
  return policy;
}

}  // namespace

GatePolicy load_gate_policy(const std::string& file, UtcTime now) {
  Reading reading;
  return policy_of(reading.open(file), file, now, reading);
}

GatePolicy read_gate_policy(const std::string& text, const std::string& file, UtcTime now) {
  Reading reading;
  return policy_of(&reading.adopt(file, text), file, now, reading);
}

}  // namespace muster
