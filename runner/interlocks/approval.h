#pragma once

#include <filesystem>
#include <string>

#include "base/time.h"
#include "store/store.h"

namespace muster {

/// A person's leave to carry out one plan on a production stack, for a while. Kept in
/// $MUSTER_HOME/approvals, one file for each plan hash, and in the store where that is shared.
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
/// The same for all servers of a store. Throws Error where it cannot be asked.
void keep_approval(const Approval& approval, Store& store);

/// Why the plan is not approved at `now`; empty where an approval of exactly this plan holds: this
/// home's or, where it has none that holds, that of the store. One that cannot be read, has
/// expired, is from the future or speaks of something else is none. `shared`: nullptr where there
/// is this home alone.
std::string why_not_approved(const std::string& plan_hash,
                             const std::string& drill,
                             const std::string& stack,
                             UtcTime now,
                             Store* shared);

}  // namespace muster
