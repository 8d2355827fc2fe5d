#pragma once

// A question at the gate that is answered with yes, and every way to spoil it: each takes away one
// thing that the list of docs/gate.md asks for.

#include <string>
#include <vector>

#include "reports/gate/gate.h"

namespace muster::sample {

/// A run of two hours ago that passed, with an older failure behind it; everything that the policy
/// can ask for is asked for, and holds.
struct GateCase {
  GateQuestion question;
  GatePolicy policy;
  GateEvidence evidence;

  PolicyDrill& line() { return policy.services["web"]["production"].front(); }
  /// The newest run of the history; only where there is one.
  HistoryRun& run() { return evidence.runs.front(); }
  bool has_run() const { return !evidence.runs.empty(); }
  bool has_result() const { return evidence.result != nullptr; }
  /// A copy of its own, which may be changed; only where there is one.
  Result& result();

  GateDemand demand() const;
  DrillAnswer decided() const { return decide(demand(), evidence); }
  GateAnswer answered() const;
};
GateCase good_gate_case();

/// Waives whatever may be waived, for another day.
Waiver waiver_of(const GateCase& one);

struct GateViolation {
  std::string name;
  void (*spoil)(GateCase&);
  bool may_be_waived;
};
/// Of the run and its result.
const std::vector<GateViolation>& violations_of_the_run();
/// Of what is asked for, and of all around the run.
const std::vector<GateViolation>& violations_around_the_run();
/// All of them.
const std::vector<GateViolation>& gate_violations();

}  // namespace muster::sample
