#include "reports/formats/last_run.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

using Labels = LastRunFamily::Labels;

constexpr std::string_view kPrefix = "muster_last_run_";

struct Milestone {
  std::string_view metric, name, help;
  std::string gauge() const { return std::string(metric) + "_seconds"; }
};
constexpr Milestone kMilestones[] = {
    {"time_to_impact", "impact", "From the fault to the first failed request."},
    {"time_to_detect", "detect", "From the fault to the first sign in the control plane."},
    {"time_to_failover", "failover", "From the fault until all users were served well again."},
    {"time_to_recover", "recover", "From the undo until all users were served well again."},
};

double rounded_to(double value, double step) {
  // A division by a power of ten is exact where its reciprocal is not: 38.2, never 38.2000000001.
  return step >= 1 ? std::round(value / step) * step
                   : std::round(value * std::round(1 / step)) / std::round(1 / step);
}

double grid_of(double size) {
  return std::pow(10, std::floor(std::log10(size) + 1e-9));
}

double base_units(std::string_view unit, double value) {
  return unit == "ms" ? value / 1e3 : value;
}

std::optional<double> number_of(const Result::Metric& metric) {
  if (metric.censored) return std::numeric_limits<double>::infinity();
  if (!metric.value || !std::isfinite(*metric.value)) return std::nullopt;
  return base_units(metric.unit, at_resolution(metric));
}

LastRunFamily family(std::string_view name, std::string_view unit, std::string_view help) {
  return {std::string(kPrefix) + std::string(name), unit, help, {}};
}

LastRunFamily whole_run(const Result& result,
                        std::string_view metric,
                        std::string_view name,
                        std::string_view unit,
                        std::string_view help) {
  LastRunFamily out = family(name, unit, help);
  const Result::Metric* found = overall_metric(result, metric);
  if (found == nullptr) return out;
  if (const auto number = number_of(*found)) out.values.push_back({{}, *number});
  return out;
}

LastRunFamily verdicts(const Result& result) {
  LastRunFamily out = family("verdict", "", "1 for the verdict of the last run, 0 for the others.");
  for (const std::string_view status :
       {"pass", "fail", "inconclusive", "aborted", "interrupted", "broken"}) {
    out.values.push_back(
        {{{"verdict", std::string(status)}}, result.verdict.status == status ? 1.0 : 0.0});
  }
  return out;
}

LastRunFamily budgets(const Result& result) {
  LastRunFamily out = family("budget_seconds", "seconds", "What the playbook allows a milestone.");
  for (const Milestone& milestone : kMilestones) {
    const Result::Metric* metric = overall_metric(result, milestone.metric);
    if (metric == nullptr || !metric->budget) continue;
    out.values.push_back(
        {{{"milestone", std::string(milestone.name)}}, base_units(metric->unit, *metric->budget)});
  }
  return out;
}

/// The worst probe of each vantage.
LastRunFamily outages(const Result& result) {
  LastRunFamily out = family(
      "outage_seconds", "seconds", "The longest time without a good answer, of the worst probe.");
  for (const Result::VantageInfo& vantage : result.vantages) {
    std::optional<double> worst;
    for (const Result::Metric& metric : result.metrics) {
      if (metric.id != "longest_gap" || metric.scope_vantage != vantage.id ||
          !metric.scope_phase.empty())
        continue;
      if (const auto number = number_of(metric)) worst = std::max(worst.value_or(0), *number);
    }
    if (worst) out.values.push_back({{{"vantage", vantage.id}}, *worst});
  }
  return out;
}

LastRunFamily roll_back(const Result& result) {
  LastRunFamily out = family("time_to_roll_back_seconds",
                             "seconds",
                             "From the first undo until every change was seen undone.");
  const auto phase = std::find_if(result.phases.begin(), result.phases.end(), [](const auto& one) {
    return one.id == "rolling-back";
  });
  if (phase == result.phases.end() || result.actions.empty()) return out;
  double took = 0;
  for (const Result::Action& action : result.actions)
    took = std::max(took, action.undone_s.value_or(0) - phase->from_s);
  if (!still_in_force(result).empty()) took = std::numeric_limits<double>::infinity();
  out.values.push_back({{}, rounded_to(took, 0.01)});
  return out;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : printable(value, 200)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string labels_text(const Result& result, const Labels& more) {
  std::string out = "{drill=" + quoted(result.run.drill);
  out += ",service=" + quoted(result.run.service);
  out += ",environment=" + quoted(result.run.environment);
  for (const auto& [name, value] : more) out += fmt::format(",{}={}", name, quoted(value));
  return out + '}';
}

std::string number_text(double number) {
  return std::isinf(number) ? "+Inf" : fmt::format("{}", number);
}

}  // namespace

double at_resolution(const Result::Metric& metric) {
  const double value = metric.value.value_or(0);
  if (metric.unit == "count" || value == 0) return value;
  const double half = metric.lo && metric.hi ? (*metric.hi - *metric.lo) / 2 : 0;
  if (half > 0) return rounded_to(value, grid_of(half));
  return rounded_to(value, grid_of(std::abs(value)) / 100);
}

std::vector<LastRunFamily> last_run(const Result& result) {
  std::vector<LastRunFamily> families;
  LastRunFamily ended = family("timestamp_seconds", "seconds", "When the last run ended.");
  const auto since = result.run.ended_at.time_since_epoch();
  ended.values.push_back({{}, std::round(std::chrono::duration<double>(since).count())});
  families.push_back(std::move(ended));
  LastRunFamily success = family("success", "", "1 if the last run passed, else 0.");
  success.values.push_back({{}, result.verdict.status == "pass" ? 1.0 : 0.0});
  families.push_back(std::move(success));
  families.push_back(verdicts(result));
  for (const Milestone& milestone : kMilestones)
    families.push_back(
        whole_run(result, milestone.metric, milestone.gauge(), "seconds", milestone.help));
  families.push_back(roll_back(result));
  families.push_back(budgets(result));
  families.push_back(outages(result));
  families.push_back(whole_run(result,
                               "unavailable_seconds",
                               "unavailable_seconds",
                               "seconds",
                               "The failing share of the requests due, summed over time."));
  families.push_back(whole_run(
      result, "lost_writes", "lost_writes", "", "Acknowledged writes missing after the recovery."));
  families.push_back(whole_run(
      result, "stale_reads", "stale_reads", "", "Reads older than a write acknowledged before."));
  std::erase_if(families, [](const auto& one) { return one.values.empty(); });
  return families;
}

std::string exposition(const Result& result, bool with_units) {
  std::string out;
  for (const LastRunFamily& one : last_run(result)) {
    out += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", one.name, one.help, one.name);
    if (with_units && !one.unit.empty()) out += fmt::format("# UNIT {} {}\n", one.name, one.unit);
    for (const LastRunFamily::Value& value : one.values) {
      out += one.name + labels_text(result, value.labels) + ' ' + number_text(value.number) + '\n';
    }
  }
  return out;
}

}  // namespace muster
