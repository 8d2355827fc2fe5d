#include "reports/history_text.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/values.h"

namespace muster {

namespace {

/// How many places a text takes on a terminal, for the letters that occur here.
std::size_t places(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

struct TextColumn {
  std::string head;
  bool right = false;
};

/// Columns as wide as their widest cell, two blanks apart, nothing after the last.
std::string align(const std::vector<TextColumn>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines = rows;
  std::vector<std::string> heads;
  for (const auto& column : columns) heads.push_back(column.head);
  lines.insert(lines.begin(), heads);
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : lines) width = std::max(width, places(other[i]));
      const std::string blanks(width - places(line[i]), ' ');
      text += (i == 0 ? "" : "  ") + (columns[i].right ? blanks + line[i] : line[i] + blanks);
    }
    while (text.ends_with(' ')) text.pop_back();
    out += text + "\n";
  }
  return out;
}

std::string metric_of(const HistoryRun& run, std::string_view id, std::string_view unit) {
  for (const auto& [name, value] : run.metrics) {
    if (name == id) return show_value(value, unit);
  }
  return "—";
}

std::string difference(const Result::Metric* before, const Result::Metric* after) {
  if (before == nullptr || after == nullptr || !before->value || !after->value ||
      before->censored || after->censored) {
    return "";
  }
  const double change = *after->value - *before->value;
  if (change == 0) return "same";
  const bool worse = (change > 0) == (after->better != "higher");
  return fmt::format("{}{} {}",
                     change > 0 ? "+" : "",
                     show_value(change, after->unit),
                     worse ? "worse" : "better");
}

std::string metric_rows(const Result& before, const Result& after) {
  std::set<std::string> seen;
  std::vector<std::vector<std::string>> rows;
  const auto take = [&](const Result& from) {
    for (const Result::Metric& metric : from.metrics) {
      if (!metric.scope_vantage.empty() || !metric.scope_phase.empty() ||
          !seen.insert(metric.id).second)
        continue;
      const auto* old_one = overall_metric(before, metric.id);
      const auto* new_one = overall_metric(after, metric.id);
      rows.push_back({printable(show_name(metric), 40),
                      old_one == nullptr ? "—" : show_metric(*old_one),
                      new_one == nullptr ? "—" : show_metric(*new_one),
                      difference(old_one, new_one)});
    }
  };
  take(before);
  take(after);
  return align({{""},
                {fmt::format("run {}", before.run.number), true},
                {fmt::format("run {}", after.run.number), true},
                {"difference", true}},
               rows);
}

std::string environment_rows(const Result& before, const Result& after) {
  const auto value = [](const Result& result, const std::string& key) -> std::string {
    for (const auto& item : result.environment) {
      if (item.key == key) return printable(item.value, 60);
    }
    return "—";
  };
  std::set<std::string> keys;
  for (const Result* result : {&before, &after}) {
    for (const auto& item : result->environment) {
      if (item.kind != "measured") keys.insert(item.key);  // a clock offset is not a change
    }
  }
  std::string out;
  for (const std::string& key : keys) {
    if (value(before, key) == value(after, key)) continue;
    out +=
        fmt::format("  {}: {} -> {}\n", printable(key, 60), value(before, key), value(after, key));
  }
  return out.empty() ? "nothing in the environment differs\n"
                     : "what differs in the environment\n" + out;
}

std::string verdict_line(const Result& result) {
  return fmt::format("run {}  {}  {}  {}\n",
                     result.run.number,
                     show_minute(result.run.started_at),
                     printable(result.verdict.status, 20),
                     printable(result.verdict.headline));
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
                    metric_of(run, "time_to_failover", "s"),
                    metric_of(run, "failed_requests", "count"),
                    printable(run.headline, 72)});
  }
  return align({{"run", one_drill},
                {"when"},
                {"verdict"},
                {"failover", true},
                {"failed", true},
                {"what happened"}},
               rows);
}

std::string render_comparison(const Result& before, const Result& after) {
  std::string out;
  if (before.playbook.series_key != after.playbook.series_key) {
    out +=
        "these runs do not measure the same thing: their playbooks differ in more than budgets\n";
  }
  out += verdict_line(before) + verdict_line(after) + "\n";
  out += metric_rows(before, after) + "\n";
  return out + environment_rows(before, after);
}

}  // namespace muster
