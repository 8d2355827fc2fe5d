// markdown: for a job's summary or a comment on a merge request; failures first, the rest folded.
#include "reports/formats/markdown.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/formats/kinds.h"
#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

using Rows = std::vector<std::string>;

// In bytes; together with the head, whose texts are cut, they are below kMostMarkdown.
constexpr std::size_t kMostAlarms = 6'000;
constexpr std::size_t kMostChecks = 11'000;
constexpr std::size_t kMostMeasured = 5'000;
constexpr std::size_t kMostConditions = 4'000;
constexpr std::size_t kMostTimeline = 10'000;
constexpr std::size_t kMostChanges = 10'000;
constexpr std::size_t kHeadlineLength = 500;

/// Whole rows as long as they fit, and how many did not.
std::string as_many_as_fit(const Rows& rows, std::size_t bytes, std::string_view noun) {
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (out.size() + rows[i].size() > bytes)
      return out + fmt::format("\n… and {} more\n", count_of(rows.size() - i, noun));
    out += rows[i];
  }
  return out;
}

std::string folded(std::string_view summary, std::string_view body) {
  if (body.empty()) return "";
  return fmt::format("<details><summary>{}</summary>\n\n{}\n</details>\n\n", summary, body);
}

std::string_view picture(std::string_view css) {
  return css == "pass"   ? "✅"
         : css == "warn" ? "⚠️"
         : css == "grey" ? "❔"
         : css == "stop" ? "⏹️"
                         : "❌";
}

std::string title_and_verdict(const Result& result) {
  const StatusWord& word = status_word(result.verdict.status);
  std::string out = fmt::format("### {} {}: {} on {} ({}), run {}\n\n",
                                picture(word.css),
                                word.word,
                                markdown_text(result.run.drill, 80),
                                markdown_text(result.run.service, 80),
                                markdown_text(result.run.environment, 80),
                                result.run.number);
  const std::string headline = markdown_text(result.verdict.headline, kHeadlineLength);
  const std::string detail = markdown_text(result.verdict.detail, kHeadlineLength);
  if (!headline.empty()) out += "**" + headline + "**";
  // Never at the start of a line, where GitLab would take "/close" for a command.
  if (!detail.empty()) out += (headline.empty() ? "It was so: " : " ") + detail;
  return out + "\n\n";
}

/// What has to be known before any number: what may be in force, or why nothing can be told.
std::string alarms(const Result& result) {
  const auto open = still_in_force(result);
  Rows rows;
  for (const Result::Action* action : open) {
    rows.push_back(fmt::format("- **{}** on {} may still be in force. To undo it by hand: {}\n",
                               markdown_text(action->what),
                               markdown_text(join(action->targets, ", ")),
                               markdown_code(action->undo_text)));
  }
  if (!open.empty()) rows.push_back("- `muster recover` undoes what a run left behind.\n");
  if (result.verdict.status != "pass" && result.verdict.status != "fail") {
    for (const Result::Reason& reason : result.verdict.reasons) {
      rows.push_back(
          fmt::format("- {}: {}\n", markdown_text(reason.metric), markdown_text(reason.text)));
    }
  }
  return rows.empty() ? "" : as_many_as_fit(rows, kMostAlarms, "line") + "\n";
}

int order_of(const Result::Metric& metric) {
  constexpr std::array<std::string_view, 4> kOrder = {"fail", "inconclusive", "warn", "pass"};
  const auto* at = std::find(kOrder.begin(), kOrder.end(), metric.verdict);
  return static_cast<int>(at - kOrder.begin());
}

std::string signed_verdict(const Result::Metric& metric) {
  const StatusWord& word = metric_word(metric.verdict);
  return fmt::format("{} {}", picture(word.css), word.word);
}

std::string value_and_interval(const Result::Metric& metric) {
  // Where a percentile falls among the requests that failed there is no latency to tell.
  if (metric.censored && metric.id.starts_with("latency_")) return "failed";
  const std::string interval = show_interval(metric);
  return show_metric(metric) + (interval.empty() ? "" : " (" + interval + ")");
}

std::string check_row(const Result& result, const Result::Metric& metric) {
  const std::string scope = show_scope(result, metric);
  const bool usual = metric.history && metric.history->median;
  std::string verdict = markdown_text(metric.reason);
  if (metric.change && metric.change->result != "too-few-runs")
    verdict += (verdict.empty() ? "" : "; ") + markdown_text(metric.change->text);
  return fmt::format("| {}{} | {} | {} | {} | {}{} |\n",
                     markdown_text(show_name(metric), 80),
                     scope.empty() ? "" : ", " + markdown_text(scope, 80),
                     value_and_interval(metric),
                     show_budget(metric),
                     usual ? show_value(*metric.history->median, metric.unit) : "",
                     metric.budget ? signed_verdict(metric) : "No budget",
                     verdict.empty() ? "" : ": " + verdict);
}

std::string table(const Result& result,
                  const std::vector<const Result::Metric*>& metrics,
                  std::size_t bytes,
                  std::string_view noun) {
  if (metrics.empty()) return "";
  Rows rows;
  for (const Result::Metric* metric : metrics) rows.push_back(check_row(result, *metric));
  return "| Check | This run | Budget | Usually | Verdict |\n|:--|--:|--:|--:|:--|\n" +
         as_many_as_fit(rows, bytes, noun);
}

std::string promises(const Result& result) {
  std::vector<const Result::Metric*> metrics;
  for (const Result::Metric& metric : result.metrics) {
    if (metric.budget) metrics.push_back(&metric);
  }
  std::stable_sort(metrics.begin(), metrics.end(), [](const auto* a, const auto* b) {
    return order_of(*a) < order_of(*b);
  });
  return metrics.empty() ? "" : table(result, metrics, kMostChecks, "check") + "\n";
}

std::string measured(const Result& result) {
  std::vector<const Result::Metric*> metrics;
  for (const Result::Metric& metric : result.metrics) {
    const bool whole = metric.scope_vantage.empty() && metric.scope_phase.empty();
    if (!metric.budget && whole) metrics.push_back(&metric);
  }
  return folded("Measured without a budget", table(result, metrics, kMostMeasured, "metric"));
}

/// Those that held, or those that did not.
Rows conditions(const Result& result, bool held) {
  Rows rows;
  for (const auto& [text, ok] : result.checks) {
    // A stop condition that is in the list was met.
    const bool good = ok && !text.starts_with("stop_if: ");
    if (good == held)
      rows.push_back(fmt::format("- {} {}\n", held ? "✅" : "❌", markdown_text(text)));
  }
  for (const Result::Validity& clause : result.validity) {
    if (clause.ok != held) continue;
    rows.push_back(fmt::format("- {} Fair measurement, {}: {}\n",
                               held ? "✅" : "❔",
                               markdown_text(clause.id),
                               markdown_text(clause.text)));
  }
  return rows;
}

std::string missed_conditions(const Result& result) {
  const Rows rows = conditions(result, false);
  return rows.empty() ? "" : as_many_as_fit(rows, kMostConditions, "condition") + "\n";
}

std::string held_conditions(const Result& result) {
  const Rows rows = conditions(result, true);
  return folded(count_of(rows.size(), "condition") + " held",
                as_many_as_fit(rows, kMostConditions, "condition"));
}

std::string timeline(const Result& result) {
  Rows rows;
  for (const Result::Event& event : result.events) {
    const std::string source = event.source.empty() ? "" : markdown_text(event.source, 80) + ": ";
    rows.push_back(
        fmt::format("- {} {}{}\n", show_instant(event.t_s), source, markdown_text(event.text)));
  }
  return folded("Timeline", as_many_as_fit(rows, kMostTimeline, "event"));
}

std::string changes(const Result& result) {
  Rows rows;
  for (const Result::Action& action : result.actions) {
    std::string row = fmt::format("- **{}** on {}: applied by {}, undone by {}; ",
                                  markdown_text(action.what),
                                  markdown_text(join(action.targets, ", ")),
                                  markdown_code(action.apply_text, 400),
                                  markdown_code(action.undo_text, 400));
    if (!action.undo_verified) row += "**not seen undone**";
    if (action.undo_verified)
      row += action.undone_s ? "seen undone " + show_instant(*action.undone_s) : "seen undone";
    if (!action.error.empty()) row += ": " + markdown_text(action.error);
    rows.push_back(row + "\n");
  }
  return folded("Changes and their undo", as_many_as_fit(rows, kMostChanges, "change"));
}

std::string foot(const Result& result) {
  return fmt::format("{}. The picture: {}\n",
                     show_minute(result.run.started_at),
                     markdown_code("muster report " + result.run.id + " --format html", 120));
}

std::string render_markdown(const Result& result) {
  return title_and_verdict(result) + alarms(result) + promises(result) + missed_conditions(result) +
         measured(result) + held_conditions(result) + timeline(result) + changes(result) +
         foot(result);
}

}  // namespace

ReportFormat markdown_format() {
  return {"markdown",
          "for a job's summary or a comment; at most 64 KB",
          "summary.md",
          &render_markdown};
}

}  // namespace muster
