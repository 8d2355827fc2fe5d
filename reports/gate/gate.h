#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reports/gate/policy.h"
#include "reports/gate/question.h"
#include "reports/history/history.h"

namespace muster {

/// A run as far as it may stand in the way of another.
struct OtherRun {
  std::string id, drill;
  std::string stack;  ///< empty: not known, which counts as the same
};

/// What the gate may look at. Each part that could not be read is an error text, and denies.
struct GateEvidence {
  std::vector<HistoryRun> runs;  ///< of the drill, newest first
  std::string history_error;
  std::shared_ptr<const Result> result;  ///< of the newest run, read from the text that was signed
  std::string result_error;
  std::string result_digest;  ///< sha256() of that text
  /// Whether a trusted key signed the text of `result`; where not, `signature_error` says why.
  bool is_signed = false;
  std::string signature_error;
  std::string playbook_digest;       ///< of the demand's playbook as it is now
  std::string stack;                 ///< name of the demand's stack as it is now
  std::string files_error;           ///< why one of those files cannot be read
  std::vector<std::string> unclean;  ///< faults that may still be in force, one line each
  /// Ids of runs of this drill that have ended and never came into the history.
  std::vector<std::string> unremembered;
  /// Ids of runs of this drill and environment that have a result here, are newer than any of the
  /// history, and not in it.
  std::vector<std::string> forgotten;
  std::vector<OtherRun> overlapping;  ///< runs, part of which was at the time of the newest run
  std::vector<OtherRun> running;      ///< drills that run now
  std::string lever;                  ///< the engaged safety lever, one line; or empty
  UtcTime now;
};

/// The run that counts: the newest of the drill in the environment and on the stack that the demand
/// wants, never an older pass behind a newer failure. nullptr where there is none.
const HistoryRun* newest_run(const GateDemand& demand, const GateEvidence& evidence);

/// One clause that does not hold.
struct Denial {
  std::string reason;  ///< one line
  /// Not where something may be in force, or where what is said cannot be believed.
  bool may_be_waived = false;
};

/// Pure and total: every clause of docs/gate.md that does not hold. Nothing speaks against only
/// where every one of them does.
std::vector<Denial> denials_of(const GateDemand& demand, const GateEvidence& evidence);

/// What became of one demand.
struct DrillAnswer {
  std::string drill;
  std::string run;  ///< id it rests on, or ""
  bool allow = false;
  std::vector<std::string> reasons;  ///< one line each; for an allow: what it rests on
  std::vector<std::string> waived;   ///< what would have denied, and who answers for it
};

/// Pure and total: allow iff every clause holds or is waived.
DrillAnswer decide(const GateDemand& demand, const GateEvidence& evidence);

struct GateAnswer {
  bool allow = false;
  std::vector<std::string> reasons;  ///< one line each, over all drills
  std::vector<DrillAnswer> drills;
};

/// Where the evidence for one demand comes from; throws nothing.
using GateLook = std::function<GateEvidence(const GateDemand& demand)>;

/// Allow iff there is a demand and each is met. Pure but for `look`.
GateAnswer gate_answer(const GateQuestion& question,
                       const GatePolicy* policy,
                       const GateLook& look);

}  // namespace muster
