#pragma once

#include "base/json.h"
#include "drills/playbook.h"

namespace muster {

/// What the judgement asks of a drill, for the journal: its report can then be made without the
/// files it was read from. Of the stack these are names, regions and vantages; of the steps those
/// that are judged by (baseline, inject, await a failover), wherever they stand.
json::object judged_drill_json(const Playbook& playbook, const Stack& stack);
/// Throws Error where the object is not one of these.
Drill judged_drill_from_json(const json::object& object);

}  // namespace muster
