#pragma once

#include <optional>
#include <vector>

#include "reports/result.h"

namespace muster {

/// The parts of result.json that say what was before: of a metric, and of the run. Reading takes
/// the object they are members of; a member that is missing or null is none.

json::value history_json(const std::optional<Result::MetricHistory>& history);
json::value change_json(const std::optional<Result::MetricChange>& change);
json::array earlier_json(const std::vector<Result::EarlierRun>& runs);
json::value changed_json(const std::optional<std::vector<Result::SettingChange>>& changed);
json::value step_json(const std::optional<Result::SeriesStep>& step);

std::optional<Result::MetricHistory> history_from(const json::object& metric);
std::optional<Result::MetricChange> change_from(const json::object& metric);
std::vector<Result::EarlierRun> earlier_from(const json::object& result);
std::optional<std::vector<Result::SettingChange>> changed_from(const json::object& result);
std::optional<Result::SeriesStep> step_from(const json::object& result);

}  // namespace muster
