#include "faults/guard/undoing.h"

#include <algorithm>
#include <cassert>

namespace muster::guard {

namespace {

constexpr std::int64_t kLookEvery = 50 * kMillisecond;
/// Even the last look gets time to say what it sees.
constexpr std::int64_t kShortestLook = 2 * kSecond;
constexpr std::int64_t kAgainAfter = 3 * kSecond;
constexpr std::int64_t kLastUndoTimeout = 60 * kSecond;  // each operation has its own, shorter one

void finish(Outcome& outcome, Stage stage, const Done& done, const Seen& seen) {
  // I5: closed only after an observation.
  assert(!is_clean(stage) || outcome.observed > 0);
  assert(!is_clean(stage) || stage == Stage::TargetGone || seen.answer == Answer::Yes);
  outcome.stage = stage;
  // What fails because it was done before is no news where it was seen gone.
  outcome.evidence = seen.answer == Answer::Yes || done.ok() ? seen.text : done.text;
  if (is_clean(stage)) return;
  if (!done.ok()) outcome.residue[0].print("undo: %.240s", done.text.c_str());
  if (!seen.text.empty()) outcome.residue[1].print("verify_undone: %.230s", seen.text.c_str());
}

/// Until it was seen gone twice, or cannot be, or `within` is over. `done`: the first undo.
void observe(
    Operations& operations, Outcome& outcome, Done done, std::int64_t within, Stage clean) {
  std::int64_t last_undo = boottime_now();
  const std::int64_t until = last_undo + within;
  for (bool seen_gone = false;;) {
    Seen seen;
    if (done.how == Done::How::TargetGone || done.how == Done::How::Conflict) {
      const bool gone = done.how == Done::How::TargetGone;
      outcome.observed = gone ? monotonic_now() : 0;
      return finish(outcome, gone ? Stage::TargetGone : Stage::Conflict, done, seen);
    }
    const std::int64_t left = std::max(until - boottime_now(), kShortestLook);
    seen = operations.verify_undone(left);
    const bool gone = seen.answer == Answer::Yes && (done.ok() || operations.observes_undo());
    if (gone && seen_gone) return finish(outcome, clean, done, seen);
    if (gone) outcome.observed = monotonic_now();
    if (!gone && boottime_now() >= until) {
      outcome.observed = 0;
      return finish(outcome, Stage::Unknown, done, seen);
    }
    sleep_for(kLookEvery);
    // At once where it failed, and where the effect came back; later where it said it had worked,
    // for it may have started a service that needs its time.
    const bool again = seen_gone || !done.ok() || boottime_now() >= last_undo + kAgainAfter;
    if (!gone && again) {
      done = operations.undo(kLastUndoTimeout);
      last_undo = boottime_now();
    }
    seen_gone = gone;
  }
}

}  // namespace

Outcome nothing_undone(Stage stage, const char* cause, const std::string& evidence) {
  Outcome outcome;
  outcome.stage = stage;
  outcome.cause.print("%s", cause);
  outcome.began = outcome.ended = outcome.observed = monotonic_now();
  outcome.evidence.assign(evidence);
  if (!is_clean(stage)) outcome.residue[0] = outcome.evidence;
  return outcome;
}

Outcome undo_and_observe(
    Operations& operations, Record& record, std::int64_t within, Stage clean, const char* cause) {
  assert(clean == Stage::Clean || clean == Stage::CleanByGuard);
  Outcome outcome;
  outcome.cause.print("%.250s", cause);
  outcome.began = monotonic_now();
  const Done done = operations.undo(kLastUndoTimeout);
  outcome.ended = monotonic_now();
  record.append(Stage::Undoing,
                done.text.c_str());  // if this fails the record still says that it may be in force
  observe(operations, outcome, done, within, clean);
  record.append(outcome.stage, cause);
  return outcome;
}

FrameInPlace undone_frame(const Outcome& outcome) {
  FrameInPlace frame(FrameType::Undone);
  frame.add(name_of(outcome.stage));
  frame.add(outcome.cause.c_str());
  for (const std::int64_t instant : {outcome.began, outcome.ended, outcome.observed})
    frame.add(instant);
  frame.add(outcome.evidence.c_str());
  const auto is_said = [](const Line& line) {
    return !line.empty();
  };
  frame.add(std::ranges::count_if(outcome.residue, is_said));
  for (const Line& line : outcome.residue)
    if (is_said(line)) frame.add(line.c_str());
  return frame;
}

}  // namespace muster::guard
