#pragma once

#include "base/json.h"
#include "reports/measure/run_record.h"

namespace muster {

/// The parts of a run's record as its journal keeps them, each with its way back. Instants are
/// nanoseconds of the run's clock. A journal of an earlier muster lacks some members: `otherwise`
/// stands for an instant that is not there.

/// What is known of a run when it begins: its drill, its number and labels, and what its faults
/// promise. `started_utc` is not among it.
json::object opening_json(const RunRecord& record);
/// Fills these members of `record`.
void take_opening(const json::object& detail, RunRecord& record);

/// From the first request due to the last of it; where it has ended.
json::object baseline_json(const RunRecord& record);
void take_baseline(const json::object& detail, RunRecord& record);

json::object event_json(const EventRecord& event);
EventRecord event_from_json(const json::object& detail);

json::object check_json(const CheckRecord& check);
CheckRecord check_from_json(const json::object& detail);

json::object agents_json(const std::vector<AgentHealth>& agents);
std::vector<AgentHealth> agents_from_json(const json::object& detail);

/// Of a change that is named beside it.
json::object applied_json(const Applied& applied);
Applied applied_from_json(const json::object& detail, Time otherwise);

/// Its name, whether it is clean, its evidence and instants.
json::object undone_json(const Undone& undone);
Undone undone_from_json(const json::object& detail, Time otherwise);

}  // namespace muster
