#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drills/playbook.h"
#include "faults/fault.h"
#include "faults/guard.h"
#include "probes/sample.h"

namespace muster {

/// How the run ended, apart from any judgement.
enum class RunState { Completed, Aborted, Interrupted, Errored };
std::string_view name_of(RunState state);

/// One change of one inject step and what became of it.
struct ActionRecord {
  std::string step;   ///< the inject step's name
  std::string fault;  ///< kind
  Change change;
  std::optional<Applied> applied;
  std::optional<Undone> undone;
  std::string error;  ///< why it was not applied, or ""
};

/// What was changed, and where: many a change says the place itself.
std::string described(const Change& change);

/// Applied, or perhaps applied, and not seen to be undone.
bool still_in_force(const ActionRecord& action);

/// Something that happened, for the timeline.
struct EventRecord {
  Time at;
  std::string kind;    ///< fault | symptom | detect | action | failover | recover | rollback |
                       ///< restored | alert | note | abort
  std::string source;  ///< "muster", a probe, a host
  std::string text;
  std::string ref;  ///< "action:drain/1"
};

/// What an `await`, `expect` or `steady` condition came to.
struct CheckRecord {
  std::string kind;  ///< steady | await | expect | stop_if
  std::string text;  ///< the condition in words
  bool held = false;
  Time at;  ///< decided
  Duration waited{};
  std::string saw;  ///< "error_ratio was 3.2 %"
};

/// Who had a run started.
inline constexpr const char* kByPerson = "person";
inline constexpr const char* kBySchedule = "schedule";

/// Everything the judgement looks at. Filled by the engine; judging reads no clock, file or socket.
struct RunRecord {
  std::string id;           ///< ULID
  std::int64_t number = 0;  ///< counts the runs of this drill, from 1
  Playbook playbook;
  Stack stack;
  RunState state = RunState::Completed;
  std::string abort_reason;  ///< where state is not Completed: what happened, one sentence
  /// Why the record ends before the run did: "the runner was killed at +12.3 s or later". Empty for
  /// a whole one. What was undone after `ended` was undone unwatched, by a guard or by recover.
  std::string cut_off;
  std::uint64_t seed = 0;
  int trial = 1;
  std::string trial_group;  ///< id of the first run of the group; empty: this is the first
  std::string triggered_by = kByPerson;
  std::map<std::string, std::string> labels;  ///< "version" -> "2026.46.1": what a gate may ask for

  UtcTime started_utc;  ///< the wall clock at `started`; the one anchor between both clocks
  Time started;
  Time ended;
  std::optional<Time> baseline_began;  ///< first request due
  std::optional<Time> baseline_ended;

  std::vector<ActionRecord> actions;     ///< in the order injected
  std::vector<std::string> regions_out;  ///< see FaultPlan; of all faults
  std::vector<PredictedStage> predicted;
  bool users_unaffected = false;
  std::vector<EventRecord> events;
  std::vector<CheckRecord> checks;

  std::vector<SampleSeries> series;
  std::vector<std::string> texts;  ///< Sample::text indexes this; [0] is ""
  std::vector<AgentHealth> agents;
  std::uint64_t sample_bytes = 0;
  std::string sample_digest;  ///< "sha256:..." of the samples file
  std::vector<std::pair<std::string, std::string>>
      environment;  ///< config items: "dns.ttl" -> "6s"

  /// t0: the last change of the first inject step that has any had been applied; nothing where none
  /// was.
  std::optional<Time> injected() const;
  /// When the first change began to be applied: failures from here on belong to the fault.
  std::optional<Time> injection_began() const;
  /// Whether `at` lies in what the record is of.
  bool covers(Time at) const { return cut_off.empty() || at <= ended; }
  /// When the first undo that followed began, and when the last one was observed;
  /// of those it covers.
  std::optional<Time> undo_began() const;
  std::optional<Time> undone() const;
  UtcTime utc(Time at) const {
    return started_utc + std::chrono::duration_cast<std::chrono::microseconds>(at - started);
  }
};

}  // namespace muster
