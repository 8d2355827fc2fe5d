#include "reports/judge/validity.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "reports/measure/tally.h"

namespace muster {

namespace {

constexpr double kLeastRate = 0.99;
constexpr double kMostBaselineErrors = 0.05;

/// The shortest period of the probes at a vantage: what its agent's punctuality is held against.
Duration shortest_period(const Timeline& timeline, const std::string& vantage) {
  Duration shortest = std::chrono::seconds(1);
  for (const Stream& stream : timeline.streams) {
    if (stream.vantage == vantage) shortest = std::min(shortest, stream.period);
  }
  return shortest;
}

template <class Wanted>
bool any_step(const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    if (std::holds_alternative<Wanted>(step.action)) return true;
    const auto* parallel = std::get_if<ParallelStep>(&step.action);
    return parallel != nullptr && any_step<Wanted>(parallel->branches);
  });
}

Result::Validity samples_present(const Timeline& timeline) {
  std::vector<std::string> silent;
  for (const ProbeSpec& probe : timeline.record.playbook.probes) {
    std::set<std::string> heard;
    for (const SampleSeries& series : timeline.record.series) {
      if (series.probe == probe.name && !series.samples.empty()) heard.insert(series.vantage);
    }
    if (heard.empty()) silent.push_back(probe.name);
    for (const std::string& vantage : probe.from) {
      if (!heard.empty() && !heard.contains(vantage))
        silent.push_back(probe.name + " at " + vantage);
    }
  }
  if (!silent.empty()) return {"samples", false, "nothing was heard from " + join(silent, ", ")};
  return {"samples", true, "every probe was heard from at every vantage"};
}

Result::Validity agents_alive(const Timeline& timeline) {
  for (const AgentHealth& agent : timeline.record.agents) {
    if (!agent.died.empty()) {
      return {"agents-alive",
              false,
              fmt::format("the agent at {} died: {}", agent.vantage, agent.died)};
    }
  }
  return {"agents-alive", true, "every agent lived to the end"};
}

Result::Validity rate_achieved(const Timeline& timeline) {
  double least = 1;
  for (const AgentHealth& agent : timeline.record.agents) {
    if (agent.due == 0) continue;
    const double share = static_cast<double>(agent.sent) / static_cast<double>(agent.due);
    if (share < kLeastRate) {
      return {"probe-rate",
              false,
              fmt::format("{} sent only {:.1f} % of the requests called for; {} could not be sent",
                          agent.vantage,
                          share * 100,
                          agent.not_sent)};
    }
    least = std::min(least, share);
  }
  return {
      "probe-rate",
      true,
      fmt::format("every vantage sent at least {:.1f} % of the requests called for", least * 100)};
}

Result::Validity sent_in_time(const Timeline& timeline) {
  Duration worst{};
  for (const AgentHealth& agent : timeline.record.agents) {
    const Duration allowed = shortest_period(timeline, agent.vantage) / 2;
    if (agent.send_lag_p99 > allowed) {
      return {
          "probe-lag",
          false,
          fmt::format("requests of {} left up to {} (p99) after they were due; half a period is {}",
                      agent.vantage,
                      human_duration(agent.send_lag_p99),
                      human_duration(allowed))};
    }
    worst = std::max(worst, agent.send_lag_p99);
  }
  return {
      "probe-lag",
      true,
      fmt::format("requests left within {} (p99) of when they were due", human_duration(worst))};
}

Result::Validity clocks_agree(const Timeline& timeline) {
  Duration worst{};
  for (const AgentHealth& agent : timeline.record.agents) {
    if (agent.clock_steps > 0)
      return {"clock-bound",
              false,
              fmt::format("the clock of {}, or ours, was set during the run ({})",
                          agent.vantage,
                          count_of(static_cast<std::size_t>(agent.clock_steps), "time"))};
    const Duration allowed = shortest_period(timeline, agent.vantage) / 2;
    if (agent.clock_bound > allowed) {
      return {"clock-bound",
              false,
              fmt::format("the clock of {} is known to {} only; half a period is {}",
                          agent.vantage,
                          human_duration(agent.clock_bound),
                          human_duration(allowed))};
    }
    worst = std::max(worst, agent.clock_bound);
  }
  if (worst == Duration::zero()) return {"clock-bound", true, "one clock for all vantages"};
  return {"clock-bound",
          true,
          fmt::format("clocks of the vantages agree within {}", human_duration(worst))};
}

Result::Validity baseline_present(const Timeline& timeline) {
  if (!any_step<BaselineStep>(timeline.record.playbook.steps)) {
    return {"baseline-present", true, "the playbook asks for no baseline"};
  }
  if (!timeline.record.baseline_ended)
    return {"baseline-present", false, "the baseline was not measured to its end"};
  const Duration length = *timeline.record.baseline_ended - timeline.began;
  return {"baseline-present", true, fmt::format("{} of baseline", human_duration(length))};
}

Result::Validity baseline_steady(const Timeline& timeline) {
  std::size_t held = 0;
  for (const CheckRecord& check : timeline.record.checks) {
    if (check.kind != "steady") continue;
    if (!check.held)
      return {"baseline-steady", false, fmt::format("not steady: {} ({})", check.saw, check.text)};
    ++held;
  }
  if (held < timeline.record.playbook.steady.size()) {
    return {"baseline-steady", false, "the steady limits were never checked"};
  }
  Tally before;
  for (const Stream& stream : timeline.streams) {
    for (const Sample* request : stream.requests) {
      if (request->due < timeline.fault_from.value_or(timeline.end)) before.add(*request);
    }
  }
  const double errors = before.error_ratio().value_or(0);
  if (held == 0 && timeline.fault_from && errors > kMostBaselineErrors) {
    return {"baseline-steady",
            false,
            fmt::format("{:.1f} % of the requests failed before the fault", errors * 100)};
  }
  if (held == 0) return {"baseline-steady", true, "the playbook names no steady limits"};
  return {"baseline-steady",
          true,
          fmt::format("{} held, {:.1f} % failed before the fault",
                      count_of(held, "steady limit"),
                      errors * 100)};
}

/// The region that users were to move to; asked only where a fault takes a region out.
std::optional<Result::Validity> peers_healthy(const Timeline& timeline) {
  std::size_t held = 0;
  for (const CheckRecord& check : timeline.record.checks) {
    if (check.kind != "peer") continue;
    if (!check.held)
      return Result::Validity{
          "peers-healthy", false, fmt::format("not {}: {}", check.text, check.saw)};
    ++held;
  }
  if (held == 0) return std::nullopt;
  return Result::Validity{
      "peers-healthy",
      true,
      fmt::format("{} of the other regions healthy before the fault", count_of(held, "service"))};
}

Result::Validity fault_in_force(const Timeline& timeline) {
  const RunRecord& record = timeline.record;
  if (!any_step<InjectStep>(record.playbook.steps) && record.actions.empty()) {
    return {"fault-in-force", true, "the drill has no fault"};
  }
  if (record.actions.empty()) return {"fault-in-force", false, "nothing was injected"};
  for (const ActionRecord& action : record.actions) {
    if (action.applied && action.applied->observed != Time{}) continue;
    const std::string why = action.error.empty() ? "its effect was not seen" : action.error;
    return {"fault-in-force", false, fmt::format("{}: {}", described(action.change), why)};
  }
  return {"fault-in-force",
          true,
          fmt::format("{} seen in force", count_of(record.actions.size(), "change"))};
}

Result::Validity all_undone(const Timeline& timeline) {
  for (const ActionRecord& action : timeline.record.actions) {
    if (still_in_force(action)) {
      return {"undo", false, fmt::format("{} is not undone", described(action.change))};
    }
  }
  return {"undo", true, "every applied change was undone and seen to be"};
}

Result::Validity record_whole(const Timeline& timeline) {
  return {std::string(kRecordWhole),
          false,
          fmt::format("partial: {}; what follows is what its journal and samples say",
                      timeline.record.cut_off)};
}

Result::Validity completed(const Timeline& timeline) {
  if (timeline.record.state != RunState::Errored) return {"completed", true, "no step failed"};
  const std::string& why = timeline.record.abort_reason;
  return {"completed", false, why.empty() ? "a step of the drill failed" : why};
}

}  // namespace

const Result::Validity* partial_clause(const Result& result) {
  const auto clause = std::ranges::find(result.validity, kRecordWhole, &Result::Validity::id);
  return clause == result.validity.end() || clause->ok ? nullptr : &*clause;
}

std::vector<Result::Validity> validity_of(const Timeline& timeline) {
  std::vector<Result::Validity> clauses = {completed(timeline),
                                           baseline_present(timeline),
                                           baseline_steady(timeline),
                                           fault_in_force(timeline),
                                           samples_present(timeline),
                                           agents_alive(timeline),
                                           rate_achieved(timeline),
                                           sent_in_time(timeline),
                                           clocks_agree(timeline),
                                           all_undone(timeline)};
  if (auto peers = peers_healthy(timeline)) clauses.insert(clauses.begin() + 3, *std::move(peers));
  if (!timeline.record.cut_off.empty()) clauses.insert(clauses.begin(), record_whole(timeline));
  return clauses;
}

}  // namespace muster
