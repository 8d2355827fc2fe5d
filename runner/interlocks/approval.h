#pragma once

#include <filesystem>
#include <string>

#include "base/time.h"

namespace muster {

/// A person's leave to carry out one plan on a production stack, for a while. Kept in
/// $MUSTER_HOME/approvals, one file for each plan hash.
struct Approval {
  std::string plan_hash;  ///< "sha256:..."
  std::string drill;
  std::string stack;
  std::string who;
  std::string reason;  ///< may be empty
  UtcTime given;
  UtcTime expires;
};

/// Durable when it returns; replaces an earlier one of the same plan. Returns the file.
std::filesystem::path write_approval(const Approval& approval);

/// Why the plan is not approved at `now`; empty where an approval of exactly this plan holds. One
/// that cannot be read, has expired, is from the future or speaks of something else is none.
std::string why_not_approved(const std::string& plan_hash,
                             const std::string& drill,
                             const std::string& stack,
                             UtcTime now);

}  // namespace muster
