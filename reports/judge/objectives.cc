#include "reports/judge/objectives.h"

#include <algorithm>
#include <cmath>

namespace muster {

namespace {

struct Judgement {
  std::string verdict;
  std::string reason;
};

std::string measured_text(const Result::Metric& metric) {
  return value_text(*metric.value, metric.unit);
}

Judgement judge_max(const Result::Metric& metric, double max) {
  const std::string budget = value_text(max, metric.unit);
  if (metric.censored) {
    if (!metric.value)
      return {"fail", fmt::format("failed requests are slower than any budget; it is {}", budget)};
    return {"fail", fmt::format("not reached within {}, budget {}", measured_text(metric), budget)};
  }
  const double lo = metric.lo.value_or(*metric.value);
  const double hi = metric.hi.value_or(*metric.value);
  if (hi <= max) return {"pass", fmt::format("{}, budget {}", measured_text(metric), budget)};
  if (lo > max) {
    return {"fail",
            fmt::format("{}, over the budget of {} by {}",
                        measured_text(metric),
                        budget,
                        value_text(*metric.value - max, metric.unit))};
  }
  return {"fail",
          fmt::format("at the limit: between {} and {}, budget {}",
                      value_text(lo, metric.unit),
                      value_text(hi, metric.unit),
                      budget)};
}

Judgement judge_min(const Result::Metric& metric, double min) {
  const std::string least = value_text(min, metric.unit);
  if (metric.censored && !metric.value)
    return {"pass", fmt::format("beyond every value, at least {} asked for", least)};
  const double lo = metric.lo.value_or(*metric.value);
  const double hi = metric.censored ? HUGE_VAL : metric.hi.value_or(*metric.value);
  if (lo >= min || (metric.censored && *metric.value >= min)) {
    return {"pass", fmt::format("{}, at least {} asked for", measured_text(metric), least)};
  }
  if (hi < min)
    return {"fail", fmt::format("{}, under the {} asked for", measured_text(metric), least)};
  return {"fail",
          fmt::format(
              "at the limit: at least {} asked for, {} measured", least, measured_text(metric))};
}

Judgement judge(const Condition& objective, const Result::Metric& metric) {
  if (!metric.value && !metric.censored) {
    return {"inconclusive",
            metric.reason.empty() ? "there is nothing to judge it by" : metric.reason};
  }
  Judgement judged{"pass", ""};
  if (objective.max) judged = judge_max(metric, *objective.max);
  if (objective.min && judged.verdict == "pass") judged = judge_min(metric, *objective.min);
  return judged;
}

bool in_scope(const Condition& objective, const Result::Metric& metric) {
  return metric.id == objective.metric && metric.scope_phase.empty() &&
         metric.scope_vantage == objective.vantage &&
         (metric.scope_probe == objective.probe || objective.probe.empty());
}

Result::Metric unmeasured(const Condition& objective) {
  Result::Metric metric;
  metric.id = metric.name = objective.metric;
  metric.scope_probe = objective.probe;
  metric.scope_vantage = objective.vantage;
  const MetricSpec* spec = metric_spec(objective.metric);
  metric.unit = spec == nullptr || spec->unit == "bytes" ? "count" : std::string(spec->unit);
  metric.reason = "it was not measured";
  return metric;
}

void judge_one(const Condition& objective, Result::Metric& metric) {
  const Judgement judged = judge(objective, metric);
  metric.verdict = judged.verdict;
  metric.reason = judged.reason;
  metric.budget_op = objective.max ? "<=" : ">=";
  metric.budget = objective.max ? objective.max : objective.min;
}

int rank(const Result::Metric& metric) {
  if (metric.verdict == "fail") return 0;
  if (metric.verdict == "inconclusive") return 1;
  return metric.verdict == "pass" ? 2 : 3;
}

}  // namespace

void judge_objectives(const std::vector<Condition>& objectives,
                      std::vector<Result::Metric>& metrics) {
  std::vector<Result::Metric> judged;
  std::vector<bool> replaced(metrics.size(), false);
  for (const Condition& objective : objectives) {
    const auto found =
        std::find_if(metrics.begin(), metrics.end(), [&](const Result::Metric& metric) {
          return in_scope(objective, metric);
        });
    judged.push_back(found == metrics.end() ? unmeasured(objective) : *found);
    judge_one(objective, judged.back());
    if (found != metrics.end()) replaced[static_cast<std::size_t>(found - metrics.begin())] = true;
  }
  std::stable_sort(
      judged.begin(), judged.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!replaced[i]) judged.push_back(std::move(metrics[i]));
  }
  metrics = std::move(judged);
}

std::string value_text(double value, std::string_view unit) {
  if (unit == "s") return human_duration(from_seconds(value));
  if (unit == "ms") return human_duration(from_seconds(value / 1e3));
  if (unit == "ratio") {
    const double percent = value * 100;
    return fmt::format("{} %", std::round(percent * 100) / 100);
  }
  const std::string number = value == std::round(value)
                                 ? fmt::format("{:.0f}", value)
                                 : fmt::format("{}", std::round(value * 100) / 100);
  return unit == "per_s" ? number + "/s" : number;
}

}  // namespace muster
