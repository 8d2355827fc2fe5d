#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "reports/gate/question.h"

namespace muster {

inline constexpr Duration kUsualMaxAge = std::chrono::hours(24 * 7);
inline constexpr Duration kLongestWaiver = std::chrono::hours(24 * 90);

/// A person's word that a drill may be lacking for a while. It never covers what is unsafe now, or
/// what cannot be believed (Denial::may_be_waived).
struct Waiver {
  std::string drill, service, environment;
  std::string owner, reason;
  UtcTime expires;
};

/// What must hold of one drill for a yes.
struct GateDemand {
  std::string drill;
  Duration max_age = kUsualMaxAge;
  std::string environment;  ///< where its run must have been; empty: anywhere
  /// The label `version` of the run; nothing: any. "": one must match, but the question told none.
  std::optional<std::string> version;
  std::optional<std::string> configuration;  ///< the run's environment_digest; as `version`
  std::string playbook;  ///< file that the run must have been of, as it is now; empty: not asked
  std::string stack;     ///< file of the stack that it must have been on; empty: not asked
  std::map<std::string, std::string> set;  ///< variables of the playbook
  bool no_regression = false;
  std::size_t least_changes = 1;  ///< that were observed in force
  std::vector<Waiver> waivers;
};

/// A line of the policy: a drill that a service needs before it goes to an environment.
struct PolicyDrill {
  Where where;
  std::string drill;
  Duration max_age = kUsualMaxAge;
  std::string environment;
  bool version_must_match = false;
  bool configuration_must_match = false;
  std::string playbook;
  std::string stack;
  std::map<std::string, std::string> set;
  bool no_regression = false;
  std::size_t least_changes = 1;
};

/// gate.yaml (docs/gate.md). Paths in it are relative to it; here they are whole.
struct GatePolicy {
  std::string file;
  std::vector<std::string> trusted_keys;  ///< PEM files, beside the home's own
  /// By service and environment; no list is empty.
  std::map<std::string, std::map<std::string, std::vector<PolicyDrill>>> services;
  std::vector<Waiver> waivers;
};

/// Reads it; throws UsageError with every mistake, each at its place. A waiver that ended is none;
/// one that ends more than kLongestWaiver after `now` is a mistake, an ended one is not.
GatePolicy load_gate_policy(const std::string& file, UtcTime now);

/// JSON Schema of gate.yaml, for editors.
json::object gate_policy_json_schema();
/// The same of a text; `file` is what messages and relative paths go by.
GatePolicy read_gate_policy(const std::string& text, const std::string& file, UtcTime now);

/// What a question comes to: demands, or why it can only be denied.
struct GateTerms {
  std::vector<GateDemand> demands;  ///< none where `denial` is not empty
  std::string denial;
};

/// Pure. Without a policy only a drill can be asked about; what a policy does not name is denied.
GateTerms terms_of(const GateQuestion& question, const GatePolicy* policy);

}  // namespace muster
