#pragma once

#include "reports/measure/milestones.h"
#include "reports/measure/timeline.h"
#include "reports/result.h"

// The parts of a result that only say what was done, and with what: no judgement.
namespace muster {

Result::Run run_of(const Timeline& timeline);
Result::PlaybookRef playbook_of(const RunRecord& record);
std::vector<Result::ClockOffset> offsets_of(const RunRecord& record);
std::vector<Result::VantageInfo> vantages_of(const RunRecord& record);
/// What a kind of probe does to the system: "read", "write" or "other".
std::string_view operation_of(const std::string& kind);
std::vector<Result::ProbeInfo> probes_of(const RunRecord& record);
std::vector<Result::Action> actions_of(const Timeline& timeline);
/// What the engine noted, and the milestones of the leading probe where it noted none of their
/// kind.
std::vector<Result::Event> events_of(const Timeline& timeline, const Milestones& milestones);
std::optional<Result::Samples> samples_of(const RunRecord& record);
std::vector<std::pair<std::string, bool>> checks_of(const RunRecord& record);
std::vector<Result::EnvironmentItem> environment_of(const RunRecord& record);

}  // namespace muster
