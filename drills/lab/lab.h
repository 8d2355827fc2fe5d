#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/tasks.h"
#include "base/time.h"

namespace muster {

/// NovVista in two regions, of real parts, each host its own network, name, mount and process
/// namespaces.
struct LabOptions {
  bool root = false;  ///< real root instead of a user namespace
  /// Flaws and scales a drill can be run against: "dns_ttl" (6), "health_check" (on|off),
  /// "check_interval" (2), ...; `muster lab up --set NAME=VALUE`; the list is lab_settings().
  std::map<std::string, std::string> settings;
  std::vector<std::string> only;  ///< parts to start, with what they need; empty: all
};

struct LabSetting {
  std::string_view name;
  std::string_view fallback;
  std::string_view help;
};
const std::vector<LabSetting>& lab_settings();

/// One part of the lab and how it is now.
struct LabPart {
  std::string host;
  std::string part;  ///< app, lb, db, ...
  std::string address;
  std::string health;  ///< "healthy", or what is wrong
  std::string role;    ///< "primary", "standby, streaming", "us-east edge", ...
  int pid = 0;         ///< as seen by this machine
  bool healthy = false;
};

struct LabStatus {
  bool up = false;
  std::vector<LabPart> parts;
  std::uint64_t memory_bytes = 0;  ///< proportional set size of all its processes
  bool healthy() const;
};

/// Brings the lab up and returns when every part is healthy; throws Error that names the part that
/// is not, its reason and how to mend it, after taking everything down again. `progress` gets one
/// line a stage.
Task<LabStatus> lab_up(LabOptions options, std::function<void(std::string)> progress);
/// What this machine lacks for the whole lab, with the lines that mend it; empty: nothing.
std::string lab_missing_programs();

/// Ends every process, namespace and mount of the lab; returns false if none was up.
Task<bool> lab_down();
Task<LabStatus> lab_status();

/// The words before an argv that make it run on a lab host: `nsenter ... --`. Throws Error "the lab
/// is down; start it with `muster lab up`" where it is.
std::vector<std::string> lab_entry(const std::string& host);
std::vector<std::string> lab_hosts();

}  // namespace muster
