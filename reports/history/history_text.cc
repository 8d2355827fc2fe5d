#include "reports/history/history_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/history/text_table.h"
#include "reports/history/usual.h"
#include "reports/values.h"

namespace muster {

namespace {

std::string worst_text(const HistoryRun& run, std::string_view id, std::string_view unit) {
  std::optional<double> worst;
  for (const HistoryMetric& metric : run.metrics) {
    if (metric.id != id) continue;
    if (!metric.value) return "never";
    worst = std::max(worst.value_or(*metric.value), *metric.value);
  }
  return worst ? show_value(*worst, unit) : "—";
}

}  // namespace

std::string render_history(const std::vector<HistoryRun>& runs) {
  if (runs.empty()) return "no runs yet\n";
  const bool one_drill = std::all_of(runs.begin(), runs.end(), [&](const HistoryRun& run) {
    return run.drill == runs.front().drill;
  });
  std::vector<std::vector<std::string>> rows;
  for (const HistoryRun& run : runs) {
    const std::string name = one_drill ? "" : printable(run.drill, 64) + " ";
    rows.push_back({name + std::to_string(run.number),
                    show_minute(run.started),
                    printable(run.status, 20),
                    worst_text(run, "time_to_failover", "s"),
                    worst_text(run, "failed_requests", "count"),
                    printable(run.headline, 72)});
    if (run.accepted)
      rows.push_back({"",
                      "",
                      "",
                      "",
                      "",
                      fmt::format("^ the new normal, says {}: {}",
                                  printable(run.accepted->who, 40),
                                  printable(run.accepted->why, 72))});
  }
  return text_table({{"run", one_drill},
                     {"when"},
                     {"verdict"},
                     {"failover", true},
                     {"failed", true},
                     {"what happened"}},
                    rows);
}

std::string render_standing(const std::vector<HistoryRun>& newest_first) {
  const auto run = std::ranges::find_if(newest_first, was_fair);
  if (run == newest_first.end()) return "";
  const std::vector<MetricStanding> standings = standings_of(newest_first, *run);
  if (standings.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const MetricStanding& each : standings) {
    std::string name = each.id;
    std::ranges::replace(name, '_', ' ');
    if (!each.probe.empty()) name += ", " + printable(each.probe, 40);
    rows.push_back({name,
                    each.now ? show_value(*each.now, each.unit) : "never",
                    each.standing.usual ? show_value(*each.standing.usual, each.unit) : "—",
                    each.standing.reason});
  }
  return fmt::format("\nrun {} against {} before it\n",
                     run->number,
                     count_of(comparable_runs(newest_first, *run).size(), "run")) +
         text_table({{"metric"}, {"now", true}, {"usual", true}, {"what that says"}}, rows);
}

}  // namespace muster
