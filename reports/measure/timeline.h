#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/measure/run_record.h"
#include "reports/measure/spans.h"

namespace muster {

/// What users of one probe sent from one vantage: requests and writes, in the order they were due.
/// Points into the record.
struct Stream {
  std::string probe;
  std::string vantage;
  const ProbeSpec* spec = nullptr;  ///< nullptr where the playbook no longer names it
  Duration period{};                ///< one request is due per period
  double requests_per_period = 1;   ///< more where each round of the probe asks several places
  Duration settle{};
  Duration clock_bound{};  ///< how far the vantage's clock may be off the run's
  Time observed_until;     ///< what is due before this was recorded
  std::vector<const Sample*> requests;
  std::vector<const Sample*> watched;  ///< with the requests beyond the schedule; empty: none
  std::vector<const Sample*> closed;   ///< kept connections that the other end closed

  /// What tells when the system was well: more than its users asked, where somebody looked closer.
  const std::vector<const Sample*>& seen() const { return watched.empty() ? requests : watched; }
};

/// The record, put in order once, for every part of the judgement.
struct Timeline {
  const RunRecord& record;
  Time zero;                         ///< t0: the fault applied, or the start where there was none
  Time began;                        ///< first request due, or the start of the run
  Time end;                          ///< last request due and answered, at most the end of the run
  std::optional<Instant> injection;  ///< the last applied change of the first step
  std::optional<Instant> undo;       ///< the last change undone
  std::optional<Time> fault_from;    ///< the first change began to be applied
  std::optional<Time> fault_seen;    ///< that last change was observed in force
  std::optional<Time> fault_until;   ///< the first undo began
  std::vector<Stream> streams;       ///< the leading probe first, then as in the playbook
  std::vector<bool> text_is_out;     ///< by index of text: names a region that is out of service

  double seconds(Time at) const;  ///< from t0, to the microsecond
  /// A request that a region answered which should not answer any more.
  bool from_region_out(const Sample& sample) const;
  /// Where judging the fault ends: at the first undo, else at the end.
  Time fault_end() const { return fault_until.value_or(end); }
  /// From where "the whole drill" counts: the fault, or the first request where there was none.
  Time judged_from() const { return fault_from.value_or(began); }
};

Timeline timeline_of(const RunRecord& record);

/// By how much the clock of an agent may be wrong; nothing where it is not known.
Duration clock_bound_of(const RunRecord& record, const std::string& vantage);

inline bool is_request(const Sample& sample) {
  return sample.kind == SampleKind::Request || sample.kind == SampleKind::Write;
}
inline bool failed(const Sample& sample) {
  return sample.outcome != Outcome::Good;
}
/// When it left; its due time where it never did.
inline Time sent_or_due(const Sample& sample) {
  return std::max(sample.sent, sample.due);
}
inline Duration latency(const Sample& sample) {
  return sample.done - sample.due;
}

/// The probe that the drill is about: of the first objective or await on the failover, else the
/// first of the playbook; "" where there is none.
std::string leading_probe(const Playbook& playbook);

}  // namespace muster
