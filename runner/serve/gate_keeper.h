#pragma once

#include <optional>
#include <string>

#include "base/signature.h"
#include "reports/gate/policy.h"
#include "runner/record/gate_evidence.h"
#include "runner/serve/desk.h"
#include "runner/serve/server_metrics.h"

namespace muster {

/// The gate of a server: looks for evidence on the store's thread, decides, signs. Whatever cannot
/// be looked at, or takes too long, is a deny.
class GateKeeper {
 public:
  GateKeeper(const Desk& desk, const SigningKey& key, ServerMetrics& metrics)
      : desk_(desk), key_(key), metrics_(metrics) {}

  const Desk& desk() const { return desk_; }
  Task<GateAnswer> answer(GateQuestion question);
  /// The document that goes back, and its signature.
  struct Signed {
    std::string document;
    std::string signature;
  };
  Signed sign(const GateAnswer& answer, const GateQuestion& question, const std::string& nonce);
  /// As it is now; throws UsageError where it is wrong. Nothing where none is configured.
  std::optional<GatePolicy> policy() const;

 private:
  GateAnswer look(const GateQuestion& question, Store* store, const std::string& store_error);
  bool is_overrun() const;

  const Desk& desk_;
  const SigningKey& key_;
  ServerMetrics& metrics_;
  RecentEvidence recent_;  ///< touched on the store's thread alone
  int asking_ = 0;
  std::optional<Time> failed_;  ///< when the store could last not be asked
};

}  // namespace muster
