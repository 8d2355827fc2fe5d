#pragma once

#include <list>
#include <memory>
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
///
/// Whoever asks what others ask as well, while their look has not begun, shares it: however many
/// ask, one look at a time is under way for each question and one is next. So an answer rests on
/// what was so after its question came (but for what RecentEvidence remembers), and a crowd makes
/// nobody wait for longer than two looks.
class GateKeeper {
 public:
  GateKeeper(const Desk& desk, const SigningKey& key, ServerMetrics& metrics)
      : desk_(desk), key_(key), metrics_(metrics) {}

  const Desk& desk() const { return desk_; }
  /// Nothing where so many different questions wait already that one more would wait for seconds.
  Task<std::optional<GateAnswer>> answer(GateQuestion question);
  /// The document that goes back, and its signature.
  struct Signed {
    std::string document;
    std::string signature;
  };
  Signed sign(const GateAnswer& answer, const GateQuestion& question, const std::string& nonce);
  /// As it is now; throws UsageError where it is wrong. Nothing where none is configured.
  std::optional<GatePolicy> policy() const;

  std::size_t looked() const { return looked_; }  ///< how often; for tests

 private:
  /// One look, and who waits for it.
  struct Look;
  /// What answers go by, as it was read last.
  struct Rules {
    UtcTime read_at;
    std::string text;  ///< of the policy
    std::optional<GatePolicy> policy;
    TrustedKeys trusted;
  };

  std::shared_ptr<Look> waiting_look(const GateQuestion& question) const;
  Task<> take_look(std::shared_ptr<Look> look);
  GateAnswer decide_now(const GateQuestion& question, Store& store);
  const Rules& rules();

  const Desk& desk_;
  const SigningKey& key_;
  ServerMetrics& metrics_;
  std::list<std::shared_ptr<Look>> looks_;  ///< that have not ended
  std::size_t looked_ = 0;
  /// When the store could last not be asked, and why.
  struct Failure {
    Time at;
    std::string why;
  };
  std::optional<Failure> failure_;
  // Touched on the store's thread alone:
  RecentEvidence recent_;
  std::optional<Rules> rules_;
};

}  // namespace muster
