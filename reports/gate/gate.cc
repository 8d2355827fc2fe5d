#include "reports/gate/gate.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

constexpr std::size_t kMostQuoted = 120;

/// As doubles: defined for every two times.
double microseconds_between(UtcTime from, UtcTime to) {
  return static_cast<double>(to.time_since_epoch().count()) -
         static_cast<double>(from.time_since_epoch().count());
}

/// A waiver as the policy's reader takes it; whoever made it otherwise is not believed.
bool is_in_force(const Waiver& waiver, const GateDemand& demand, UtcTime now) {
  const double left = microseconds_between(now, waiver.expires);
  const double longest = static_cast<double>(kLongestWaiver.count()) / 1e3;
  return waiver.drill == demand.drill && !waiver.owner.empty() && !waiver.reason.empty() &&
         left > 0 && left <= longest;
}

const Waiver* waiver_of(const GateDemand& demand, UtcTime now) {
  const auto found = std::ranges::find_if(
      demand.waivers, [&](const Waiver& waiver) { return is_in_force(waiver, demand, now); });
  return found == demand.waivers.end() ? nullptr : &*found;
}

std::string waived_line(const Waiver& waiver, const std::string& reason) {
  return fmt::format("waived by {} until {}: {}; it would have denied: {}",
                     printable(waiver.owner, kMostQuoted),
                     format_utc(waiver.expires),
                     printable(waiver.reason, kMostQuoted),
                     reason);
}

/// What an allow does not hide: what is worse, and where a regression was asked for and could not
/// be told.
std::vector<std::string> warnings(const GateDemand& demand, const Result& result) {
  std::vector<std::string> lines;
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.change) continue;
    const std::string name = "'" + printable(metric.id, kMostQuoted) + "'";
    const bool untold =
        metric.change->result == "unclear" || metric.change->result == "too-few-runs";
    if (demand.no_regression && untold)
      lines.push_back(fmt::format("though of {} {}", name, printable(metric.change->text)));
    if (metric.change->result != "worse") continue;
    lines.push_back(
        fmt::format("though {} is worse than usual ({}){}",
                    name,
                    printable(metric.change->text),
                    metric.change->n_new > 1
                        ? ""
                        : "; one run alone: `muster run --confirm` tells whether it stays so"));
  }
  return lines;
}

std::vector<std::string> grounds(const GateDemand& demand,
                                 const HistoryRun& run,
                                 const Result& result) {
  std::vector<std::string> lines = {fmt::format("run {} of '{}' passed and ended at {}, within {}",
                                                run.number,
                                                printable(run.drill, kMostQuoted),
                                                format_utc(run.ended),
                                                format_duration(demand.max_age)),
                                    fmt::format("{} observed in force and seen undone",
                                                count_of(result.actions.size(), "change"))};
  if (demand.version)
    lines.push_back(fmt::format("it was of version '{}'", printable(run.version, kMostQuoted)));
  if (demand.configuration) lines.emplace_back("it was with the same configuration");
  if (!demand.environment.empty())
    lines.push_back(
        fmt::format("it was in environment '{}'", printable(run.environment, kMostQuoted)));
  if (!demand.playbook.empty()) lines.emplace_back("it was of the playbook as it is now");
  for (std::string& line : warnings(demand, result)) lines.push_back(std::move(line));
  return lines;
}

/// What helps whoever relied on a waiver.
void tell_of_ended_waivers(const GateDemand& demand, UtcTime now, DrillAnswer& answer) {
  for (const Waiver& waiver : demand.waivers) {
    if (waiver.expires > now) continue;
    answer.reasons.push_back(fmt::format("the waiver of {} ended at {}",
                                         printable(waiver.owner, kMostQuoted),
                                         format_utc(waiver.expires)));
  }
}

void tell_over_all(const DrillAnswer& drill, const std::string& prefix, GateAnswer& answer) {
  if (drill.allow != answer.allow) return;
  for (const std::string& reason : drill.reasons) answer.reasons.push_back(prefix + reason);
  for (const std::string& line : drill.waived) answer.reasons.push_back(prefix + line);
}

}  // namespace

DrillAnswer decide(const GateDemand& demand, const GateEvidence& evidence) {
  const HistoryRun* run = newest_run(demand, evidence);
  const Waiver* waiver = waiver_of(demand, evidence.now);
  DrillAnswer answer;
  answer.drill = demand.drill;
  answer.run = run == nullptr ? "" : run->id;
  for (Denial& denial : denials_of(demand, evidence)) {
    if (waiver != nullptr && denial.may_be_waived) {
      answer.waived.push_back(waived_line(*waiver, denial.reason));
    } else {
      answer.reasons.push_back(std::move(denial.reason));
    }
  }
  answer.allow = answer.reasons.empty();
  if (!answer.allow) {
    tell_of_ended_waivers(demand, evidence.now, answer);
  } else if (answer.waived.empty()) {
    answer.reasons = grounds(demand, *run, *evidence.result);
  }
  return answer;
}

GateAnswer gate_answer(const GateQuestion& question,
                       const GatePolicy* policy,
                       const GateLook& look) {
  const GateTerms terms = terms_of(question, policy);
  GateAnswer answer;
  answer.drills.reserve(terms.demands.size());
  for (const GateDemand& demand : terms.demands)
    answer.drills.push_back(decide(demand, look(demand)));
  answer.allow = terms.denial.empty() && !answer.drills.empty() &&
                 std::ranges::all_of(answer.drills, &DrillAnswer::allow);
  if (!terms.denial.empty()) answer.reasons.push_back(terms.denial);
  for (const DrillAnswer& drill : answer.drills)
    tell_over_all(drill, answer.drills.size() > 1 ? drill.drill + ": " : "", answer);
  return answer;
}

}  // namespace muster
