#include "reports/measure/run_record.h"

#include <algorithm>

namespace muster {

namespace {

const std::string* first_applied_step(const std::vector<ActionRecord>& actions) {
  for (const ActionRecord& action : actions) {
    if (action.applied) return &action.step;
  }
  return nullptr;
}

template <class Pick>
std::optional<Time> extreme(const std::vector<ActionRecord>& actions, Pick pick, bool latest) {
  std::optional<Time> found;
  for (const ActionRecord& action : actions) {
    const std::optional<Time> at = pick(action);
    if (at && (!found || (latest ? *at > *found : *at < *found))) found = at;
  }
  return found;
}

}  // namespace

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Completed:
      return "completed";
    case RunState::Aborted:
      return "aborted";
    case RunState::Interrupted:
      return "interrupted";
    case RunState::Errored:
      return "errored";
  }
  return "errored";
}

std::string described(const Change& change) {
  const bool says_where = change.what.find(change.host) != std::string::npos;
  return says_where ? change.what : change.what + " on " + change.host;
}

bool still_in_force(const ActionRecord& action) {
  return action.undone ? !action.undone->clean() : action.applied.has_value();
}

std::optional<Time> RunRecord::injected() const {
  const std::string* step = first_applied_step(actions);
  if (step == nullptr) return std::nullopt;
  const auto returned = [&](const ActionRecord& action) -> std::optional<Time> {
    if (!action.applied || action.step != *step) return std::nullopt;
    return action.applied->ended;
  };
  return extreme(actions, returned, true);
}

std::optional<Time> RunRecord::injection_began() const {
  const auto began = [](const ActionRecord& action) -> std::optional<Time> {
    if (!action.applied) return std::nullopt;
    return action.applied->began;
  };
  return extreme(actions, began, false);
}

std::optional<Time> RunRecord::undo_began() const {
  const auto began = [&](const ActionRecord& action) -> std::optional<Time> {
    if (!action.applied || !action.undone || !covers(action.undone->began)) return std::nullopt;
    return action.undone->began;
  };
  return extreme(actions, began, false);
}

std::optional<Time> RunRecord::undone() const {
  const auto observed = [&](const ActionRecord& action) -> std::optional<Time> {
    if (!action.applied || !action.undone || !covers(action.undone->began)) return std::nullopt;
    return std::max(action.undone->observed, action.undone->ended);
  };
  return extreme(actions, observed, true);
}

}  // namespace muster
