#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "drills/fields.h"
#include "drills/playbook.h"

namespace muster {

/// Where a condition stands decides which keys it has and which metrics it may look at.
struct ConditionPlace {
  std::string_view section;  ///< "steady"
  std::string_view noun;     ///< "steady limit"
  bool live = true;          ///< on live metrics, or on those of the finished run
  bool stops = false;  ///< true while beyond `above` or `below`, instead of within `max` and `min`
  Schema fields{};
};

const ConditionPlace& steady_place();
const ConditionPlace& stop_place();
const ConditionPlace& await_place();
const ConditionPlace& expect_place();
const ConditionPlace& objective_place();

/// Metrics that may stand there.
std::vector<std::string> metrics_of(const ConditionPlace& place);

/// Reads one condition. `at` is the key it belongs to.
Condition read_condition(const ConditionPlace& place,
                         const YamlNode& node,
                         const Where& at,
                         const Names& names,
                         Reading& reading);

/// Reads a list of them.
std::vector<Condition> read_conditions(const ConditionPlace& place,
                                       const YamlEntry& entry,
                                       const Names& names,
                                       Reading& reading);

/// The type in which bounds of a metric with this unit are written: "s" -> Duration.
Type bound_type(std::string_view unit);

}  // namespace muster
