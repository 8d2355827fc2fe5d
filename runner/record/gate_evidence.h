#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/signature.h"
#include "reports/gate/gate.h"
#include "store/store.h"

namespace muster {

/// Where the gate looks.
struct GateSources {
  Store* store = nullptr;   ///< nullptr: it cannot be asked
  std::string store_error;  ///< why
  const TrustedKeys& trusted;
  std::string lever;  ///< the engaged safety lever, one line; or empty
  UtcTime now;
};

/// This home's own key, where it has one, and those of `files`. Throws Error where one of them
/// cannot be read.
TrustedKeys trusted_keys(const std::vector<std::string>& files);

/// Reads all that the gate rests on: history, the run's directory (or the store, where the run was
/// made elsewhere), unfinished runs of this home and of all servers of the store, the files that
/// the demand names. What cannot be read is in the
/// evidence as such; it is never thrown.
GateEvidence collect_evidence(const GateDemand& demand, const GateSources& sources);

/// The same for a server that is asked many times a second. History, runs, files and what other
/// servers drill are as they were at most a second ago; the lever, the time, and whether a newer
/// run came are as of now. For one set of trusted keys.
class RecentEvidence {
 public:
  GateEvidence collect(const GateDemand& demand, const GateSources& sources);

 private:
  struct Seen {
    UtcTime at;
    std::string newest;  ///< id of the drill's newest run then
    GateEvidence evidence;
  };
  std::map<std::string, Seen> seen_;  ///< by what is demanded, without waivers
};

}  // namespace muster
